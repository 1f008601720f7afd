package bpmn

import (
	"strings"
	"time"
)

// TimerKind says which element of BPMN holds a timer's value.
type TimerKind int

// The kinds. A boundary event without a timer is due at once.
const (
	NoTimer TimerKind = iota
	TimeDuration
	TimeDate
	TimeCycle
)

// String returns the name of the BPMN element, "" for NoTimer.
func (k TimerKind) String() string {
	return [...]string{"", "timeDuration", "timeDate", "timeCycle"}[k]
}

// Timer says when a boundary event is due. The zero value, and any timer with an
// empty Text, is due at once.
type Timer struct {
	Kind TimerKind
	// Text is what the model says, without space around it.
	Text string
	// Err is a [*TimerError] that says why Text is no value, nil if it is one.
	Err error

	value *timerValue // nil if Text is empty, or none
}

// Occurrence is one time at which a timer is due. The occurrences of a cycle
// stay the same when their times are kept to the millisecond.
type Occurrence struct {
	Due time.Time
	// Fixed says that Due is a point in time, not the end of a wait.
	Fixed bool
	// Start is where the grid of a cycle begins, zero for other timers.
	Start time.Time
	// Number says how many occurrences of a cycle are used up with this one, 0
	// for other timers.
	Number int64
	// Spec is the text of a cycle that came from an item, "" for others: the cycle
	// goes on as it began, although the item changes.
	Spec string
}

// timerValue is what the text of a timer, or of its item, says. Which part
// counts is the kind's, unless the value is in an item.
type timerValue struct {
	item  string
	kind  TimerKind
	wait  span
	date  moment
	cycle cycle
}

// ParseTimer reads the text of a timer element. What it cannot read is in the
// result's Err.
func ParseTimer(kind TimerKind, text string) Timer {
	t := Timer{Kind: kind, Text: strings.TrimSpace(text)}
	if t.Text == "" {
		return t
	}
	var value timerValue
	var err error
	if strings.Contains(t.Text, "<") {
		value.item, err = readReference(t.Text)
	} else {
		value, err = readValue(kind, t.Text)
	}
	if err != nil {
		t.Err = &TimerError{Text: t.Text, Err: err}
		return t
	}
	t.value = &value
	return t
}

// Item returns the name of the item that the value is in, "" if Text is the
// value.
func (t Timer) Item() string {
	if t.value == nil {
		return ""
	}
	return t.value.item
}

// passes says whether a timer that begins again and again is due at once each
// time, if need be from its date on. Of an item nobody can say.
func (t Timer) passes() bool {
	switch {
	case t.Err != nil:
		return false
	case t.value == nil:
		return true
	case t.value.item != "":
		return false
	}
	switch v := t.value; v.kind {
	case TimeDuration:
		return v.wait == span{}
	case TimeCycle:
		return v.cycle.hasStart && v.cycle.count > 0
	case TimeDate, NoTimer:
	}
	return true
}

func readValue(kind TimerKind, text string) (v timerValue, err error) {
	if len(text) > maxTimerText {
		return v, errTextTooLong
	}
	v.kind = kind
	switch kind {
	case TimeDuration:
		v.wait, err = readSpan(text)
	case TimeDate:
		v.date, err = readMoment(text)
	case TimeCycle:
		v.cycle, err = readCycle(text)
	case NoTimer:
	}
	return v, err
}

// First returns the first occurrence of a timer that begins to run at from. It is
// never before from. Local times, and calendar arithmetic, are those of from's
// location. item returns the first value of an item as a string, int64, float64
// or [time.Time], nil if there is none; it is asked only if the timer has an Item.
//
// The error is a [*TimerError]: that of the timer itself, or one that says what
// is wrong with the item, or that the occurrence is out of range.
func (t Timer) First(from time.Time, item func(name string) any) (Occurrence, error) {
	if t.Err != nil {
		return Occurrence{}, t.Err
	}
	if t.value == nil {
		return Occurrence{Due: from}, nil
	}
	value, text, name := *t.value, t.Text, t.value.item
	if name != "" {
		var err error
		if value, text, err = t.readItem(item(name)); err != nil {
			return Occurrence{}, err
		}
	}
	o := value.first(from)
	if name != "" && value.kind == TimeCycle {
		o.Spec = text
	}
	if err := inRange(from, o.Due); err != nil {
		return Occurrence{}, &TimerError{Item: name, Text: text, Err: err}
	}
	return o, nil
}

func (v timerValue) first(from time.Time) Occurrence {
	switch v.kind {
	case TimeDuration:
		return Occurrence{Due: v.wait.after(from, wallOf(from), 1)}
	case TimeDate:
		return Occurrence{Due: later(v.date.in(from.Location()), from), Fixed: true}
	case TimeCycle:
		return v.cycle.first(from)
	case NoTimer:
	}
	return Occurrence{Due: from}
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
