package bpmn

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/sosodev/duration"
)

// Units of time in milliseconds. Months and years are the average ones, to
// compare lengths with.
const (
	secondMillis = int64(1000)
	minuteMillis = 60 * secondMillis
	hourMillis   = 60 * minuteMillis
	dayMillis    = 24 * hourMillis
	yearMillis   = 36525 * dayMillis / 100
	monthMillis  = yearMillis / 12
)

var errDuration = errors.New("is neither a number of milliseconds nor an ISO 8601 duration such as PT1H")

// span is a length of time: months and days of the calendar, the rest exact.
type span struct {
	months, days, millis int64
}

// after returns the time that is the span, so many times, after t. Months and
// days move wall, the local time of t in its location; of a month that is shorter
// it is the last day. The time of day stays, by the rule of [localTime].
func (s span) after(t, wall time.Time, times int64) time.Time {
	if times == 0 {
		return t
	}
	if s.months != 0 || s.days != 0 {
		wall = addMonths(wall, int(s.months*times))
		t = localTime(wall.AddDate(0, 0, int(s.days*times)), t.Location())
	}
	return addMillis(t, s.millis*times)
}

// addMonths goes to the same day of another month, or to its last day.
func addMonths(wall time.Time, months int) time.Time {
	moved := wall.AddDate(0, months, 0)
	if moved.Day() != wall.Day() {
		moved = moved.AddDate(0, 0, -moved.Day())
	}
	return moved
}

// addMillis also goes further than the 292 years of a [time.Duration].
func addMillis(t time.Time, millis int64) time.Time {
	nanos := int64(t.Nanosecond()) + millis%1000*1_000_000
	return time.Unix(t.Unix()+millis/1000, nanos).In(t.Location())
}

// readSpan reads a timeDuration: milliseconds, as in Imixs, or ISO 8601.
func readSpan(text string) (span, error) {
	positive, negative := strings.CutPrefix(text, "-")
	s := scanner{rest: positive}
	s.take('+')
	millis, isNumber := s.number()
	var wait span
	var err error
	if isNumber && s.rest == "" {
		wait, err = spanOfMillis(millis)
	} else {
		wait, err = readISO(positive)
	}
	if negative && !errors.Is(err, errDuration) {
		return span{}, errNegative
	}
	return wait, err
}

func spanOfMillis(millis int64) (span, error) {
	switch {
	case millis < 0:
		return span{}, errNegative
	case millis > maxMillis:
		return span{}, errTooLong
	}
	return span{millis: millis}, nil
}

// isoShape is stricter than the library: every unit at most once, in order, and
// fractions of seconds only.
var isoShape = regexp.MustCompile(`^P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+([.,]\d{1,9})?S)?)?$`)

// readISO reads an ISO 8601 duration. A fraction finer than a millisecond is
// rounded up: a timer is never early. It is read apart, because the library's
// numbers are too coarse for a nanosecond after some months; whole numbers they
// hold exactly, up to lengths that are refused.
func readISO(text string) (span, error) {
	if !isoShape.MatchString(text) || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return span{}, errDuration
	}
	whole, fraction := cutFraction(text)
	d, err := duration.Parse(whole)
	if err != nil {
		return span{}, errDuration
	}
	months, days := d.Years*12+d.Months, d.Weeks*7+d.Days
	millis := ((d.Hours*60+d.Minutes)*60+d.Seconds)*float64(secondMillis) + float64(fraction)
	if months*float64(monthMillis)+days*float64(dayMillis)+millis > float64(maxMillis) {
		return span{}, errTooLong
	}
	return span{months: int64(months), days: int64(days), millis: int64(millis)}, nil
}

// cutFraction takes the fraction of a second out of an ISO 8601 duration, and
// returns it in milliseconds.
func cutFraction(text string) (whole string, millis int64) {
	i := strings.IndexAny(text, ".,")
	if i < 0 {
		return text, 0
	}
	s := scanner{rest: text[i:]}
	millis, _ = s.fraction()
	return text[:i] + s.rest, millis
}
