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

// ParseEvents reads a JSON array of events, each an object with the members at,
// event and, if need be, workitem and items.
func ParseEvents(data []byte) ([]Event, error) {
	var given []struct {
		At       string          `json:"at"`
		Event    int             `json:"event"`
		Workitem string          `json:"workitem"`
		Items    json.RawMessage `json:"items"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&given); err != nil {
		return nil, fmt.Errorf(`a JSON array is needed, such as [{"at":"PT2H","event":20}]: %w`, err)
	}
	if decoder.More() {
		return nil, errors.New("text behind the JSON array")
	}
	events := make([]Event, len(given))
	for i, g := range given {
		if g.At == "" || g.Event <= 0 {
			return nil, fmt.Errorf(`event %d of the array needs "at" and "event"`, i+1)
		}
		events[i] = Event{At: g.At, ID: g.Event, Workitem: g.Workitem}
		if g.Items == nil {
			continue
		}
		items, err := workitem.ParseJSON(g.Items)
		if err != nil {
			return nil, fmt.Errorf("event %d of the array: %w", i+1, err)
		}
		events[i].Items = items
	}
	return events, nil
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
