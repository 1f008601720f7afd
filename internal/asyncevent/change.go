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
	// members are the workitem, first, and what else the processing wrote: its
	// splits, and the workitems that plugins processed.
	members []member
	// entries are those of boundary events and of plugins.
	entries []outbox.NewEntry
	// adapted says that an adapter has run: running again repeats its effect.
	adapted bool
}

// member is one workitem of a change.
type member struct {
	record *workitem.Record
	// before is the workitem as the processing read it; its version is 0 if it
	// is new.
	before workitem.Record
	// moves is false if what earlier processings armed stays armed.
	moves bool
}

func (m *member) uniqueID() string { return m.record.Items.Text(workitem.UniqueID) }

func (m *member) transactionID() string { return m.record.Items.Text(workitem.TransactionID) }

// processing is what a kernel made, and of what.
type processing struct {
	entry  uuid.UUID
	before workitem.Record
	others *others // nil if it had none
	result workflow.Result
	// stays says that it was a non-interrupting boundary event that ended on its
	// task, and next is the next occurrence of that.
	stays bool
	next  []outbox.NewEntry
}

// newChange makes the change of a processing.
func (p *Processor) newChange(done processing) (*change, error) {
	c := &change{entry: done.entry, adapted: done.result.Adapted}
	main := c.add(done.result.Workitem, done.before)
	armed := []workflow.Reached{done.result.Workitem}
	if done.stays {
		main.moves, main.record.ArmedBy = false, done.before.ArmedBy
		armed, c.entries = nil, done.next
	}
	for _, split := range done.result.Splits {
		c.add(split, workitem.Record{})
		armed = append(armed, split)
	}
	for _, other := range done.result.Others {
		c.add(other, done.others.read(other.Items.Text(workitem.UniqueID)))
		armed = append(armed, other)
	}
	for _, r := range armed {
		entries, err := p.arm(r)
		if err != nil {
			return nil, err
		}
		c.entries = append(c.entries, entries...)
	}
	for _, e := range done.result.Entries {
		written, err := NewEntry(e)
		if err != nil {
			return nil, err
		}
		c.entries = append(c.entries, written)
	}
	return c, nil
}

func (c *change) add(r workflow.Reached, before workitem.Record) *member {
	c.members = append(c.members, member{
		record: &workitem.Record{
			Items: r.Items, Version: before.Version, ArmedBy: r.Items.Text(workitem.TransactionID),
		},
		before: before,
		moves:  before.Version > 0,
	})
	return &c.members[len(c.members)-1]
}

// result is the workitem that was asked for, as it is stored.
func (c *change) result() workitem.Items { return c.members[0].record.Items }
