package bpmn

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

var (
	errItemAbsent   = errors.New("is absent")
	errItemEmpty    = errors.New("is empty")
	errItemType     = errors.New("holds neither a text nor a number nor a date-time")
	errItemNumber   = errors.New("is a number, which only a timeDuration can be")
	errItemFraction = errors.New("is no whole number of milliseconds")
	errItemDate     = errors.New("is a date-time, which a timeCycle cannot be")
)

// readReference reads <itemvalue>NAME</itemvalue>.
func readReference(text string) (name string, err error) {
	const begin, end = "<itemvalue>", "</itemvalue>"
	if len(text) < len(begin)+len(end) ||
		!strings.EqualFold(text[:len(begin)], begin) || !strings.EqualFold(text[len(text)-len(end):], end) {
		return "", errReference
	}
	name = strings.TrimSpace(text[len(begin) : len(text)-len(end)])
	if name == "" || strings.ContainsAny(name, "<>") {
		return "", errReference
	}
	return name, nil
}

// readItem reads the value of the timer's item as the timer's element says. text
// is the value as text.
func (t Timer) readItem(item any) (v timerValue, text string, err error) {
	switch item := item.(type) {
	case nil:
		err = errItemAbsent
	case string:
		if text = strings.TrimSpace(item); text == "" {
			err = errItemEmpty
		} else {
			v, err = readValue(t.Kind, text)
		}
	case time.Time:
		text = item.Format(time.RFC3339Nano)
		v, err = t.readTime(item)
	case int64:
		text = strconv.FormatInt(item, 10)
		v, err = t.readMillis(item)
	case float64:
		text = strconv.FormatFloat(item, 'g', -1, 64)
		v, err = t.readFloat(item)
	default:
		err = errItemType
	}
	if err != nil {
		return timerValue{}, "", &TimerError{Text: text, Item: t.Item(), Err: err}
	}
	return v, text, nil
}

// readTime takes a date-time for a timeDate, and for a timeDuration that is over
// then.
func (t Timer) readTime(date time.Time) (timerValue, error) {
	switch {
	case t.Kind == TimeCycle:
		return timerValue{}, errItemDate
	case !inYears(date.UTC()):
		return timerValue{}, errYear
	}
	return timerValue{kind: TimeDate, date: moment{wall: date, fixed: true}}, nil
}

func (t Timer) readMillis(millis int64) (v timerValue, err error) {
	if t.Kind != TimeDuration {
		return v, errItemNumber
	}
	v.kind = TimeDuration
	v.wait, err = spanOfMillis(millis)
	return v, err
}

func (t Timer) readFloat(millis float64) (timerValue, error) {
	switch {
	case t.Kind != TimeDuration:
		return timerValue{}, errItemNumber
	case millis != math.Trunc(millis):
		return timerValue{}, errItemFraction
	case millis > float64(maxMillis):
		return timerValue{}, errTooLong
	case millis < 0:
		return timerValue{}, errNegative
	}
	return t.readMillis(int64(millis))
}
