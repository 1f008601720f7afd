package asyncevent

import (
	"time"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Items in the data of an entry that is an occurrence of a cycle.
const (
	itemTimerStart  = "$timerstart"
	itemTimerNumber = "$timernumber"
	itemTimerCycle  = "$timercycle"
)

// writeCycle notes the occurrence of a cycle in the data of its entry.
func writeCycle(data workitem.Items, o bpmn.Occurrence) {
	if o.Number == 0 {
		return
	}
	data.Set(itemTimerStart, o.Start)
	data.Set(itemTimerNumber, o.Number)
	if o.Spec != "" {
		data.Set(itemTimerCycle, o.Spec)
	}
}

// OccurrenceOf returns the occurrence that an entry is, from its data and its due
// time.
func OccurrenceOf(data workitem.Items, due time.Time) bpmn.Occurrence {
	return bpmn.Occurrence{
		Due:    due,
		Start:  data.Date(itemTimerStart),
		Number: data.Long(itemTimerNumber),
		Spec:   data.Text(itemTimerCycle),
	}
}

// Staying returns the boundary event that an entry is of, if it is a
// non-interrupting one and its target event has ended on the task it is attached
// to; nil otherwise. What the task had armed then stays armed.
func Staying(before workitem.Items, after workflow.Reached, boundaryEvent string) *bpmn.BoundaryEvent {
	// Another version may have a task and a boundary event of the same ids.
	if boundaryEvent == "" || after.Task == nil || before.Text(workitem.ModelVersion) != after.Items.Text(workitem.ModelVersion) {
		return nil
	}
	for i := range after.Task.Boundary {
		if b := &after.Task.Boundary[i]; b.ElementID == boundaryEvent && !b.Interrupting {
			return b
		}
	}
	return nil
}

// ArmNext returns the entry of the occurrence that follows o, which has fired at
// now, in the cycle of a boundary event; none if o was the last, or of no cycle.
// The workitem has kept its armedBy.
//
// The error is a [*workflow.Error] with the code INVALID_TIMER.
func ArmNext(b *bpmn.BoundaryEvent, o bpmn.Occurrence, uniqueID, armedBy string, now time.Time) ([]outbox.NewEntry, error) {
	if o.Number == 0 || b.TargetEvent <= 0 {
		return nil, nil
	}
	next, more, err := b.Timer.Next(o, now)
	if err != nil {
		return nil, timerFault(b, err)
	}
	if !more {
		return nil, nil
	}
	return []outbox.NewEntry{newArmed(b, next, workitemState{uniqueID, armedBy}, now)}, nil
}
