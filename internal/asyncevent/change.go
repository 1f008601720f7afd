package asyncevent

import (
	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// change is what one or more processings want to commit, all or nothing.
type change struct {
	// entry is the async entry whose effect this is, uuid.Nil for a user's
	// processing.
	entry uuid.UUID
	// members are the workitems that were processed, each once, as it is at last:
	// the first processing's own, and what else was written, its splits, and the
	// workitems that plugins processed.
	members []member
	// at says where in members a workitem is, by id; nil if there is one
	// processing alone, which brings each once.
	at map[string]int
	// entries are those of plugins.
	entries []outbox.NewEntry
	// adapted says that an adapter has run: running again repeats its effect.
	adapted bool
}

// member is one workitem of a change.
type member struct {
	record *workitem.Record
	before seen
	// moves is false if what earlier processings armed stays armed.
	moves bool
	// armed are the entries of its boundary events.
	armed []outbox.NewEntry
}

func (m *member) uniqueID() string { return m.record.Items.Text(workitem.UniqueID) }

func (m *member) transactionID() string { return m.record.Items.Text(workitem.TransactionID) }

func (m *member) modelVersion() string { return m.record.Items.Text(workitem.ModelVersion) }

// seen is what a processing read of a stored workitem, for the commit to compare.
// Its zero value is one that was not stored.
type seen struct {
	version      int64
	armedBy      string
	modelVersion string
}

func seenIn(r workitem.Record) seen {
	return seen{version: r.Version, armedBy: r.ArmedBy, modelVersion: r.Items.Text(workitem.ModelVersion)}
}

// processing is what a kernel made, and of what.
type processing struct {
	before seen
	draft  *draft // nil if it could read no other workitems
	result workflow.Result
	// stays says that it was a non-interrupting boundary event that ended on its
	// task, and next is the next occurrence of that.
	stays bool
	next  []outbox.NewEntry
}

// add adds to a change what a processing made.
func (p *Processor) add(c *change, done processing) error {
	if done.stays {
		m := newMember(done.result.Workitem, done.before)
		m.moves, m.record.ArmedBy, m.armed = false, done.before.armedBy, done.next
		c.put(m)
	} else if err := p.addArmed(c, done.result.Workitem, done.before); err != nil {
		return err
	}
	for _, split := range done.result.Splits {
		if err := p.addArmed(c, split, seen{}); err != nil {
			return err
		}
	}
	for _, other := range done.result.Others {
		if err := p.addArmed(c, other, done.draft.seen(other.Items.Text(workitem.UniqueID))); err != nil {
			return err
		}
	}
	for _, e := range done.result.Entries {
		written, err := NewEntry(e)
		if err != nil {
			return err
		}
		c.entries = append(c.entries, written)
	}
	c.adapted = c.adapted || done.result.Adapted
	return nil
}

// addArmed adds a workitem with the entries of its new task's boundary events.
func (p *Processor) addArmed(c *change, r workflow.Reached, before seen) error {
	m := newMember(r, before)
	var err error
	if m.armed, err = p.arm(r); err != nil {
		return err
	}
	c.put(m)
	return nil
}

func newMember(r workflow.Reached, before seen) member {
	return member{
		record: &workitem.Record{
			Items: r.Items, Version: before.version, ArmedBy: r.Items.Text(workitem.TransactionID),
		},
		before: before,
		moves:  before.version > 0,
	}
}

// put adds a workitem, or puts it in the place of what an earlier processing made
// of it. What that one armed was never written.
func (c *change) put(m member) {
	if i, again := c.at[m.uniqueID()]; again {
		c.members[i] = m
		return
	}
	if c.at != nil {
		c.at[m.uniqueID()] = len(c.members)
	}
	c.members = append(c.members, m)
}

// items are those that the processings so far have made of a workitem, nil if
// none was at it.
func (c *change) items(id string) workitem.Items {
	if i, ok := c.at[id]; ok {
		return c.members[i].record.Items
	}
	return nil
}
