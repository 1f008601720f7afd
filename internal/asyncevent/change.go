package asyncevent

import (
	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// change is what one processing wants to commit.
type change struct {
	// entry is the async entry whose effect this is, uuid.Nil for a user's
	// processing.
	entry uuid.UUID
	// before is the workitem as the processing read it; its version is 0 if it
	// is new.
	before workitem.Record
	// records are the workitem and its splits.
	records []*workitem.Record
	arms    []outbox.NewEntry
	// moves is false if what earlier processings armed stays armed.
	moves bool
}

// newChange makes the change of a processing. keepsArmed says that it was a
// non-interrupting boundary event that ended on its task.
func (p *Processor) newChange(entry uuid.UUID, before workitem.Record, result workflow.Result, keepsArmed bool) *change {
	c := &change{entry: entry, before: before, moves: !keepsArmed && before.Version > 0}
	main := &workitem.Record{
		Items:   result.Workitem.Items,
		Version: before.Version,
		ArmedBy: result.Workitem.Items.Text(workitem.TransactionID),
	}
	if keepsArmed {
		main.ArmedBy = before.ArmedBy
	} else {
		c.arms = p.arm(result.Workitem)
	}
	c.records = append(c.records, main)
	for _, split := range result.Splits {
		c.records = append(c.records, &workitem.Record{
			Items:   split.Items,
			ArmedBy: split.Items.Text(workitem.TransactionID),
		})
		c.arms = append(c.arms, p.arm(split)...)
	}
	return c
}

func (c *change) uniqueID() string { return c.records[0].Items.Text(workitem.UniqueID) }

func (c *change) transactionID() string { return c.records[0].Items.Text(workitem.TransactionID) }
