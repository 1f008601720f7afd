package simulate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/bpmn"
)

// ParseTime reads a point in virtual time as timers do: an ISO 8601 duration,
// which counts from the start, or a date, or a date and time. Without an offset a
// time is one in the start's zone, in which it is also returned.
func ParseTime(text string, start time.Time) (time.Time, error) {
	if isDuration(text) {
		return due(bpmn.TimeDuration, text, start)
	}
	return parseDate(text, start.Location())
}

func isDuration(text string) bool { return strings.HasPrefix(strings.TrimPrefix(text, "-"), "P") }

// parseDate reads a date, or a date and time.
func parseDate(text string, zone *time.Location) (time.Time, error) {
	timer := bpmn.ParseTimer(bpmn.TimeDate, text)
	switch {
	case timer.Text == "":
		return time.Time{}, errors.New("a time is missing, such as 2026-01-31T09:00:00Z")
	case timer.Item() != "":
		return time.Time{}, fmt.Errorf("%q refers to an item, and there is no workitem yet", text)
	case timer.Err != nil:
		return due(timer.Kind, text, time.Time{})
	}
	// A timer is never due before it begins, nor a century after it: this one
	// begins in the year before its own.
	year, err := strconv.Atoi(timer.Text[:4])
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: %w", text, err)
	}
	return due(timer.Kind, text, time.Date(year-1, 1, 1, 0, 0, 0, 0, zone))
}

// due returns when a timer is due that begins at from.
func due(kind bpmn.TimerKind, text string, from time.Time) (time.Time, error) {
	o, err := bpmn.ParseTimer(kind, text).First(from, nil)
	var fault *bpmn.TimerError
	if errors.As(err, &fault) { // in words that do not speak of a timer
		return time.Time{}, fmt.Errorf("%q %w", fault.Text, fault.Err)
	}
	return o.Due, err
}
