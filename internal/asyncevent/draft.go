package asyncevent

import (
	"context"
	"errors"
	"fmt"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// draft is a change in the making: it reads workitems for one processing after
// the other, without locks, and remembers what it read. A later processing sees
// what the earlier ones have made. It implements [workflow.Workitems].
type draft struct {
	db     workitem.DB
	by     By
	change *change
	stored map[string]stored
	// allowed are the ids of those that the caller may process.
	allowed map[string]bool
	// refused is what the caller may not.
	refused error
}

// stored is a workitem as it was read; without items if there is none.
type stored struct {
	items workitem.Items
	seen  seen
}

// newDraft returns a draft of a change that is empty so far.
func newDraft(db workitem.DB, by By, c *change) *draft {
	c.at = map[string]int{}
	return &draft{db: db, by: by, change: c, stored: map[string]stored{}, allowed: map[string]bool{}}
}

// Workitem implements [workflow.Workitems].
func (d *draft) Workitem(ctx context.Context, id string) (workitem.Items, error) {
	if made := d.change.items(id); made != nil {
		return made.Clone(), nil
	}
	found, err := d.load(ctx, id)
	if err != nil || found.items == nil || (!d.allowed[id] && !d.by.mayRead(found.items)) {
		return nil, err
	}
	return found.items.Clone(), nil
}

// load reads a workitem, once.
func (d *draft) load(ctx context.Context, id string) (stored, error) {
	if found, ok := d.stored[id]; ok {
		return found, nil
	}
	record, err := workitem.Load(ctx, d.db, id)
	if err != nil && !errors.Is(err, workitem.ErrNotFound) {
		return stored{}, err
	}
	found := stored{items: record.Items, seen: seenIn(record)}
	d.stored[id] = found
	return found, nil
}

// open returns what is to be processed: the given items over those of the
// workitem, if there is one, and what was seen of it.
func (d *draft) open(ctx context.Context, given workitem.Items) (workitem.Items, seen, error) {
	var found stored
	if id := given.Text(workitem.UniqueID); id != "" {
		var err error
		if found, err = d.load(ctx, id); err != nil {
			return nil, seen{}, err
		}
		// The stored items need no copy: the kernel has the workitem now, and
		// nobody reads them again.
		if made := d.change.items(id); made != nil {
			found.items = made.Clone()
		}
	}
	if err := d.by.allow(found.items); err != nil {
		return nil, seen{}, err
	}
	items, err := workflow.Open(given.Clone(), found.items)
	return items, found.seen, err
}

// allow asks for another workitem whether the caller may process it, or create
// one.
func (d *draft) allow(id string, items workitem.Items) error {
	if items == nil {
		items = d.stored[id].items // which may be there, and be hidden
	}
	if err := d.by.allow(items); err != nil {
		d.refused = fmt.Errorf("process workitem %q besides: %w", id, err)
		return d.refused
	}
	d.allowed[id] = true
	return nil
}

// seen is what was read of a workitem.
func (d *draft) seen(id string) seen {
	if d == nil {
		return seen{}
	}
	return d.stored[id].seen
}
