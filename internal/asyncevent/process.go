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
	d := newDraft(p.pool, by, &change{})
	id, err := p.processIn(ctx, d, given)
	if err != nil {
		return nil, err
	}
	if err := p.commitDraft(ctx, d); err != nil {
		return nil, err
	}
	return d.change.items(id), nil
}

// processIn processes a workitem as far as it goes without writing, and returns
// its id.
func (p *Processor) processIn(ctx context.Context, d *draft, given workitem.Items) (string, error) {
	items, before, err := d.open(ctx, given)
	if err != nil {
		return "", err
	}
	result, err := p.process(ctx, items, workflow.Options{Editor: d.by.Editor, Workitems: d, Allow: d.allow})
	if d.refused != nil {
		return "", d.refused // a plugin may have made something else of it
	}
	if err != nil {
		return "", err
	}
	return result.Workitem.Items.Text(workitem.UniqueID), p.add(d.change, processing{before: before, draft: d, result: result})
}

// commitDraft takes the effect of all that a draft has.
func (p *Processor) commitDraft(ctx context.Context, d *draft) error {
	outcomes, err := p.commit(ctx, []*change{d.change})
	if errors.Is(err, errExists) || (err == nil && outcomes[0] != Processed) {
		return ErrConflict
	}
	return err
}
