package bpmn

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sosodev/duration"
)

// maxTimer is longer than any process waits; beyond it a number is a mistake.
const maxTimer = 100 * 365 * 24 * time.Hour

// ErrNotSupported says that a timer has a timeDate or a timeCycle.
var ErrNotSupported = errors.New("is not supported yet, only timeDuration is")

// Timer is the waiting time of a boundary event. The zero value waits not at
// all, and so does a timer with an error.
type Timer struct {
	// Text is what the model says, without space around it.
	Text string
	// Err says why Text is no waiting time, nil if it is one.
	Err error

	years, months int
	rest          time.Duration
}

// Due returns when a wait that began at from is over. Months and years follow
// the calendar in from's location; the last day of a month stays the last day
// where the next month is shorter.
func (t Timer) Due(from time.Time) time.Time {
	if t.Err != nil {
		return from
	}
	if months := t.years*12 + t.months; months != 0 {
		from = addMonths(from, months)
	}
	return from.Add(t.rest)
}

// addMonths goes to the same day of another month, or to its last day.
func addMonths(t time.Time, months int) time.Time {
	moved := t.AddDate(0, months, 0)
	if moved.Day() != t.Day() {
		moved = moved.AddDate(0, 0, -moved.Day())
	}
	return moved
}

// ParseTimer reads a timeDuration: a number of milliseconds, as in Imixs, or
// an ISO 8601 duration such as P1M or PT1H30M. An empty text is no wait.
// Whatever it cannot read is in the result's Err.
func ParseTimer(text string) Timer {
	t := Timer{Text: strings.TrimSpace(text)}
	if t.Text == "" {
		return t
	}
	if millis, err := strconv.ParseInt(t.Text, 10, 64); err == nil {
		if millis > int64(maxTimer/time.Millisecond) {
			t.Err = fmt.Errorf("timer value %q is longer than 100 years", t.Text)
			return t
		}
		t.rest = time.Duration(max(millis, 0)) * time.Millisecond
		return t
	}
	iso, err := readISO(t.Text)
	iso.Text, iso.Err = t.Text, err
	return iso
}

// isoShape is stricter than the parser: every unit at most once, in order, and
// fractions of seconds only.
const isoShape = `^P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$`

func readISO(text string) (Timer, error) {
	unreadable := fmt.Errorf("timer value %q is neither a number of milliseconds nor an ISO 8601 duration such as PT1H", text)
	if !regexp.MustCompile(isoShape).MatchString(text) || strings.IndexByte("PT", text[len(text)-1]) >= 0 {
		return Timer{}, unreadable
	}
	d, err := duration.Parse(text)
	if err != nil {
		return Timer{}, unreadable
	}
	days := d.Years*365 + d.Months*30 + d.Weeks*7 + d.Days
	hours := days*24 + d.Hours + d.Minutes/60 + d.Seconds/3600
	if hours > maxTimer.Hours() {
		return Timer{}, fmt.Errorf("timer value %q is longer than 100 years", text)
	}
	t := Timer{years: int(d.Years), months: int(d.Months)}
	t.rest = time.Duration(d.Weeks*7+d.Days)*24*time.Hour + time.Duration(d.Hours)*time.Hour +
		time.Duration(d.Minutes)*time.Minute + time.Duration(math.Round(d.Seconds*1e3))*time.Millisecond
	return t, nil
}
