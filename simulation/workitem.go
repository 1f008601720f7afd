package simulation

import (
	"context"
	"time"

	"github.com/postlude/postlude/internal/workitem"
)

// Workitem is a workitem at one moment, a copy.
type Workitem struct {
	ID    string
	Task  Task
	Model string // its version
	// Items are all items, under lower-case names. Values are of the types string,
	// int64, float64, bool, [time.Time], []byte, []any and map[string]any.
	Items map[string][]any
}

// Task is a task of a model.
type Task struct {
	ID   int    `json:"id"`
	Name string `json:"name,omitempty"`
}

// Event is an event of a model.
type Event struct {
	ID   int    `json:"id"`
	Name string `json:"name,omitempty"`
}

// Armed is an async event that waits for its time.
type Armed struct {
	Workitem string `json:"workitem"`
	Event    Event  `json:"event"`
	// BoundaryEvent is the element id of the boundary event that armed it.
	BoundaryEvent string    `json:"boundaryEvent"`
	Due           time.Time `json:"due"`
}

// String returns the event as a line: when, whose, and which.
func (a Armed) String() string {
	return a.Due.Format(timeLayout) + "  " + oneLine(a.Workitem) + "  " + named(a.Event.ID, a.Event.Name)
}

// others gives plugins the workitems.
func (s *Simulation) others() others { return others{s.workitems} }

type others struct{ stored map[string]*state }

// Workitem implements the kernel's interface.
func (o others) Workitem(_ context.Context, id string) (workitem.Items, error) {
	if one := o.stored[id]; one != nil {
		return one.items.Clone(), nil
	}
	return nil, nil
}
