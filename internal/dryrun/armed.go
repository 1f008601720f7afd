package dryrun

import (
	"fmt"
	"time"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

// Armed is an async entry as a worker reads it.
type Armed struct {
	// Ref is the $uniqueid of the workitem.
	Ref         string
	TargetEvent int
	// BoundaryEvent is the element id of the boundary event.
	BoundaryEvent string
	// Occurrence says when it is due, and what follows it.
	Occurrence bpmn.Occurrence
}

// ReadArmed reads the entries that package asyncevent would write at now.
func ReadArmed(entries []outbox.NewEntry, now time.Time) ([]Armed, error) {
	armed := make([]Armed, len(entries))
	for i := range entries {
		e := &entries[i]
		data, err := workitem.ParseJSON(e.Data)
		if err != nil {
			return nil, fmt.Errorf("read armed event: %w", err)
		}
		due := e.Due
		if due.IsZero() {
			due = now.Add(e.Delay)
		}
		armed[i] = Armed{
			Ref: e.Ref, TargetEvent: data.Int(workitem.EventID), BoundaryEvent: data.Text(asyncevent.ItemBoundaryEvent),
			Occurrence: asyncevent.OccurrenceOf(data, due),
		}
	}
	return armed, nil
}
