package bpmn

import (
	"errors"
	"fmt"
	"time"
)

// TimerError says why a timer has no due time.
type TimerError struct {
	// Text is the value that is wrong, "" if there is none.
	Text string
	// Item is the item that has the value, "" if the model has it.
	Item string
	// Err is the reason, worded as what is said about the value.
	Err error
}

// Error implements error.
func (e *TimerError) Error() string {
	switch {
	case e.Item == "":
		return fmt.Sprintf("timer value %.200q %v", e.Text, e.Err)
	case e.Text == "":
		return fmt.Sprintf("timer item %.200q %v", e.Item, e.Err)
	default:
		return fmt.Sprintf("timer value %.200q of item %.200q %v", e.Text, e.Item, e.Err)
	}
}

// Unwrap returns the reason.
func (e *TimerError) Unwrap() error { return e.Err }

var (
	errTextTooLong = errors.New("is no timer: it has more than 200 bytes")
	errTooLong     = errors.New("is longer than 100 years")
	errNegative    = errors.New("is negative")
	errTooFar      = errors.New("is more than 100 years ahead")
	errYear        = errors.New("is outside the years 1 to 9999")
	errNoDay       = errors.New("is a day or a time of day that does not exist")
	errReference   = errors.New("is no item reference: it must be <itemvalue>NAME</itemvalue> and nothing else")
)

// maxTimerText is what no timer needs. A cycle that came from an item is kept with
// each of its entries.
const maxTimerText = 200

// maxDays are the days of 100 years, with all leap days: longer than any process
// waits; beyond it a value is a mistake.
const (
	maxDays   = 36525
	maxMillis = maxDays * dayMillis
)

// inRange checks a due time that was computed at from. The one day more is for
// zones that move.
func inRange(from, due time.Time) error {
	if !inYears(due) {
		return errYear
	}
	if due.Unix()-from.Unix() > (maxDays+1)*24*60*60 {
		return errTooFar
	}
	return nil
}

func inYears(t time.Time) bool {
	year := t.Year()
	return year >= 1 && year <= 9999
}
