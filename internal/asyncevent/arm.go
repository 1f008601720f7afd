package asyncevent

import (
	"fmt"
	"time"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Items in the data of an entry, as Imixs names them, and our own.
const (
	itemTimeDuration = "timeduration"
	// ItemBoundaryEvent is the element id of the boundary event.
	ItemBoundaryEvent = "$boundaryevent"
)

// Arm returns the entries for the boundary events of the task that a workitem,
// or a split of one, has reached: what a real run writes to the outbox. Timers
// begin at now and follow the calendar of its location.
//
// The error is a [*workflow.Error] with the code INVALID_TIMER: the item that a
// timer refers to is absent or no value for it, or a time is out of range.
func Arm(r workflow.Reached, now time.Time) ([]outbox.NewEntry, error) {
	if r.Task == nil {
		return nil, nil
	}
	var entries []outbox.NewEntry
	for i := range r.Task.Boundary {
		b := &r.Task.Boundary[i]
		if b.TargetEvent <= 0 {
			continue
		}
		o, err := b.Timer.First(now, firstValue(r.Items))
		if err != nil {
			return nil, timerFault(b, err)
		}
		state := workitemState{uniqueID: r.Items.Text(workitem.UniqueID), armedBy: r.Items.Text(workitem.TransactionID)}
		entries = append(entries, newArmed(b, o, state, now))
	}
	return entries, nil
}

// arms reports whether a task has anything to arm.
func arms(task *bpmn.Task) bool {
	for i := range task.Boundary {
		if task.Boundary[i].TargetEvent > 0 {
			return true
		}
	}
	return false
}

// workitemState is what an entry is for: a workitem as long as it has its
// armed_by.
type workitemState struct{ uniqueID, armedBy string }

// newArmed returns the entry of an occurrence. A wait counts from the insert, a
// point in time is one.
func newArmed(b *bpmn.BoundaryEvent, o bpmn.Occurrence, state workitemState, now time.Time) outbox.NewEntry {
	entry := outbox.NewEntry{Topic: outbox.TopicAsync, Ref: state.uniqueID, ArmedBy: state.armedBy}
	delay := o.Due.Sub(now)
	if o.Fixed && delay > 0 {
		entry.Due = o.Due
	} else {
		entry.Delay = delay
	}
	data := workitem.Items{
		workitem.EventID:       {int64(b.TargetEvent)},
		workitem.TransactionID: {state.armedBy},
		itemTimeDuration:       {delay.Milliseconds()},
		ItemBoundaryEvent:      {b.ElementID},
	}
	writeCycle(data, o)
	entry.Data = workitem.AppendJSON(nil, data)
	return entry
}

func firstValue(items workitem.Items) func(name string) any {
	return func(name string) any {
		if values := items.Values(name); len(values) > 0 {
			return values[0]
		}
		return nil
	}
}

func timerFault(b *bpmn.BoundaryEvent, err error) error {
	return &workflow.Error{Code: workflow.InvalidTimer, Message: fmt.Sprintf("arm boundary event %q", b.ElementID), Err: err}
}
