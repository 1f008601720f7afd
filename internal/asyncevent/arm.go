package asyncevent

import (
	"time"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Items in the data of an entry, as Imixs names them, and our own.
const (
	itemTimeDuration  = "timeduration"
	itemBoundaryEvent = "$boundaryevent"
)

// Arm returns the entries for the boundary events of the task that a workitem,
// or a split of one, has reached: what a real run writes to the outbox. The
// delays count from now, whose clock only matters to timers in months and years.
func Arm(r workflow.Reached, now time.Time) []outbox.NewEntry {
	if r.Task == nil {
		return nil
	}
	var entries []outbox.NewEntry
	for i := range r.Task.Boundary {
		if b := &r.Task.Boundary[i]; b.TargetEvent > 0 {
			entries = append(entries, armBoundary(b, r.Items, now))
		}
	}
	return entries
}

func armBoundary(b *bpmn.BoundaryEvent, items workitem.Items, now time.Time) outbox.NewEntry {
	transaction := items.Text(workitem.TransactionID)
	delay := b.Timer.Due(now).Sub(now)
	return outbox.NewEntry{
		Topic:   outbox.TopicAsync,
		Ref:     items.Text(workitem.UniqueID),
		Delay:   delay,
		ArmedBy: transaction,
		Data: workitem.AppendJSON(nil, workitem.Items{
			workitem.EventID:       {int64(b.TargetEvent)},
			workitem.TransactionID: {transaction},
			itemTimeDuration:       {delay.Milliseconds()},
			itemBoundaryEvent:      {b.ElementID},
		}),
	}
}
