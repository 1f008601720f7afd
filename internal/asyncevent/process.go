package asyncevent

import (
	"context"
	"errors"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// ErrConflict says that somebody else has processed the workitem, or one that
// belongs to its processing, at the same moment, or is doing so. Nothing was
// written; reading it again and trying again is right.
var ErrConflict = errors.New("the workitem is being processed by somebody else")

// ProcessBy processes the event $eventid on a workitem, which is created if it is
// not stored, and returns it as it then is. What is given wins over what is
// stored, item by item, except for what the kernel writes. With it commit the
// entries of its new task's boundary events, and what its old state had armed is
// removed and recorded as stale.
//
// The given items are not changed. The error is a [*workflow.Error], which may be
// around workflow.ErrNotAllowed or ErrTask; ErrConflict; a [*workitem.TextError]
// for a text that cannot be stored; what [By] does not allow; or one of Postgres.
func (p *Processor) ProcessBy(ctx context.Context, given workitem.Items, by By) (workitem.Items, error) {
	if err := given.Check(); err != nil {
		return nil, err
	}
	if err := p.catalog.RefreshNow(ctx); err != nil {
		return nil, err
	}
	before, err := p.load(ctx, given, by)
	if err != nil {
		return nil, err
	}
	others := newOthers(p.pool)
	result, err := p.process(ctx, before.Items, workflow.Options{Editor: by.Editor, Workitems: others})
	if err != nil {
		return nil, err
	}
	next, err := p.newChange(processing{before: before, others: others, result: result})
	if err != nil {
		return nil, err
	}
	outcomes, err := p.commit(ctx, []*change{next})
	switch {
	case errors.Is(err, errExists):
		return nil, ErrConflict
	case err != nil:
		return nil, err
	case outcomes[0] != Processed:
		return nil, ErrConflict
	}
	return next.result(), nil
}

// load finds the stored workitem and lays the given items over it.
func (p *Processor) load(ctx context.Context, given workitem.Items, by By) (workitem.Record, error) {
	var record workitem.Record
	if id := given.Text(workitem.UniqueID); id != "" {
		var err error
		record, err = workitem.Load(ctx, p.pool, id)
		if err != nil && !errors.Is(err, workitem.ErrNotFound) {
			return record, err
		}
	}
	if err := by.allow(record); err != nil {
		return record, err
	}
	items, err := workflow.Open(given.Clone(), record.Items)
	record.Items = items
	return record, err
}
