package simulation

import (
	"errors"
	"slices"
	"time"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// What says what a [Step] is.
type What string

// The kinds of steps.
const (
	// UserEvent: an event was called by [Simulation.Process].
	UserEvent What = "user event"
	// AsyncEvent: a boundary event came due, and its target event was processed.
	AsyncEvent What = "async event"
	// Stale: an armed event was discarded, because its workitem has moved on.
	Stale What = "stale"
	// Split: a parallel gateway split off a new workitem.
	Split What = "split"
	// Plugin: a plugin processed another workitem.
	Plugin What = "plugin"
	// Entry: a plugin wrote an entry to the event log.
	Entry What = "entry"
)

// Step is one thing that happened. What belongs to one processing has the same
// time, and follows its first step.
type Step struct {
	Time     time.Time `json:"time"`
	Workitem string    `json:"workitem"`
	What     What      `json:"what"`
	// Event is the event that was called, or armed, and for splits and plugins the
	// last one processed.
	Event Event `json:"event,omitzero"`
	// BoundaryEvent is the element id of the boundary event that armed it.
	BoundaryEvent string `json:"boundaryEvent,omitempty"`
	// From and To are the tasks before and after. A new workitem comes from the
	// task it was given.
	From Task `json:"from,omitzero"`
	To   Task `json:"to,omitzero"`
	// Armed is what became pending.
	Armed []Armed `json:"armed,omitempty"`
	// Due is when a stale event, or an entry, was to be due.
	Due time.Time `json:"due,omitzero"`
	// Topic, Ref and Data are those of an entry.
	Topic string           `json:"topic,omitempty"`
	Ref   string           `json:"ref,omitempty"`
	Data  map[string][]any `json:"data,omitempty"`
	// Code and Error say why the event failed: then it had no effect. A failure
	// without a code has Error only. Params are what a business rule has to say.
	Code   string   `json:"code,omitempty"`
	Error  string   `json:"error,omitempty"`
	Params []string `json:"params,omitempty"`
}

// Failed says whether the step is an event that failed.
func (s Step) Failed() bool { return s.Error != "" }

func (s Step) clone() Step {
	s.Armed, s.Params = slices.Clone(s.Armed), slices.Clone(s.Params)
	if s.Data != nil {
		s.Data = workitem.Items(s.Data).Clone()
	}
	return s
}

// userStep is the step of an event that a user calls, as far as it is known
// before.
func (s *Simulation) userStep(given workitem.Items) Step {
	step := Step{Time: s.now, Workitem: given.Text(workitem.UniqueID), What: UserEvent, Event: Event{ID: given.Int(workitem.EventID)}}
	items := given
	if stored := s.workitems[step.Workitem]; stored != nil {
		items = stored.items
	}
	step.From = s.task(items)
	step.Event.Name = s.eventName(items, step.Event.ID)
	return step
}

// reachedStep completes a step with what it led to.
func (s *Simulation) reachedStep(step Step, r workflow.Reached, armed []pending) Step {
	step.Time, step.Workitem, step.To = s.now, r.Items.Text(workitem.UniqueID), s.task(r.Items)
	if step.From.ID == 0 {
		step.From = Task{ID: r.Items.Int(workitem.LastTask)}
		step.From.Name = s.taskName(r.Items, step.From.ID)
	}
	if step.Event.ID == 0 {
		step.Event.ID = r.Items.Int(workitem.LastEvent)
	}
	if step.Event.Name == "" {
		step.Event.Name = s.eventName(r.Items, step.Event.ID)
	}
	for i := range armed {
		step.Armed = append(step.Armed, armed[i].Armed)
	}
	return step
}

func (s *Simulation) entryStep(id string, e workflow.Entry) Step {
	return Step{
		Time: s.now, Workitem: id, What: Entry, Topic: e.Topic, Ref: e.Ref, Data: e.Data, Due: s.now.Add(e.Delay),
	}
}

// fail notes an event that failed.
func (s *Simulation) fail(step Step, err error) {
	step.To, step.Error = step.From, err.Error()
	var e *Error
	if errors.As(err, &e) {
		step.Code, step.Error, step.Params = e.Code, e.Message, slices.Clone(e.Params)
	}
	s.steps = append(s.steps, step)
}
