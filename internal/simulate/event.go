package simulate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workitem"
)

// Event is an event that somebody calls in the course of a life.
type Event struct {
	// At is when, as [ParseTime] reads it.
	At string
	ID int
	// Workitem is the id of the workitem, "" for the first.
	Workitem string
	// Items are what the caller gives with it.
	Items workitem.Items

	at time.Time
}

// ParseEvent reads TIME=EVENT, or TIME=EVENT@WORKITEM.
func ParseEvent(text string) (Event, error) {
	at, rest, _ := strings.Cut(text, "=")
	event, id, _ := strings.Cut(rest, "@")
	n, err := strconv.Atoi(event)
	if err != nil || n <= 0 || at == "" {
		return Event{}, fmt.Errorf("event %q: TIME=EVENT is needed, such as PT2H=20", text)
	}
	return Event{At: at, ID: n, Workitem: id}, nil
}

// givenEvent is an event as it stands in a file.
type givenEvent struct {
	At       string          `json:"at"`
	Event    int             `json:"event"`
	Workitem string          `json:"workitem"`
	Items    json.RawMessage `json:"items"`
}

// ParseEvents reads a JSON array of events, each an object with the members at,
// event and, if need be, workitem and items.
func ParseEvents(data []byte) ([]Event, error) {
	list, err := readArray(data)
	if err != nil {
		return nil, err
	}
	events := make([]Event, len(list))
	for i, text := range list {
		if events[i], err = readEvent(text); err != nil {
			return nil, fmt.Errorf("event %d of the array: %w", i+1, err)
		}
	}
	return events, nil
}

func readArray(data []byte) ([]json.RawMessage, error) {
	const needed = `a JSON array is needed, such as [{"at":"PT2H","event":20}]`
	var list []json.RawMessage
	err := json.Unmarshal(data, &list)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("%s: offset %d: %w", needed, syntax.Offset, syntax)
	case err != nil || list == nil:
		return nil, errors.New(needed)
	}
	return list, nil
}

func readEvent(text []byte) (Event, error) {
	var g givenEvent
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&g); err != nil {
		return Event{}, memberFault(err)
	}
	if g.At == "" || g.Event <= 0 {
		return Event{}, errors.New(`"at" and "event" are needed`)
	}
	event := Event{At: g.At, ID: g.Event, Workitem: g.Workitem}
	if g.Items == nil {
		return event, nil
	}
	var err error
	event.Items, err = workitem.ParseJSON(g.Items)
	return event, err
}

// memberFault says which member has no value for it, and does not name types of
// Go.
func memberFault(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Field == "":
		return fmt.Errorf("it is no object but a JSON %s", wrong.Value)
	default:
		return fmt.Errorf("%q cannot be a JSON %s", wrong.Field, wrong.Value)
	}
}

// inOrder resolves the times of the events and sorts them; those of one moment
// stay as they were given.
func inOrder(events []Event, start, end time.Time) ([]Event, error) {
	events = slices.Clone(events)
	for i := range events {
		e := &events[i]
		at, err := ParseTime(e.At, start)
		switch {
		case err != nil:
			return nil, fmt.Errorf("event %d: %w", e.ID, err)
		case at.Before(start):
			return nil, fmt.Errorf("event %d at %s is before the start, %s", e.ID, e.At, start.Format(time.RFC3339))
		case !end.IsZero() && at.After(end):
			return nil, fmt.Errorf("event %d at %s is after the end, %s", e.ID, e.At, end.Format(time.RFC3339))
		}
		e.at = at
	}
	slices.SortStableFunc(events, func(a, b Event) int { return a.at.Compare(b.at) })
	return events, nil
}
