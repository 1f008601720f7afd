package asyncevent

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Errors of a user's processing, besides those of the kernel.
var (
	// ErrConflict says that somebody else has processed the workitem at the same
	// moment, or is doing so. Nothing was written; reading it again and trying
	// again is right.
	ErrConflict = errors.New("the workitem is being processed by somebody else")
	// ErrNotAllowed says that the workitem is not stored, and what was given is
	// not enough to create it.
	ErrNotAllowed = errors.New("$taskid, $eventid and $modelversion or $workflowgroup are needed to create a workitem")
	// ErrTask says that the $taskid given is not the one the workitem is on.
	ErrTask = errors.New("the workitem is on another task")
)

// Process processes the event $eventid on a workitem, which is created if it is
// not stored, and returns it as it then is. What is given wins over what is
// stored, item by item, except for what the kernel writes. With it commit the
// entries of its new task's boundary events, and what its old state had armed is
// removed and recorded as stale.
//
// The given items are not changed. The error is a [*workflow.Error], one of the
// errors above, a [*workitem.TextError] for a text that cannot be stored, or one
// of Postgres.
func (p *Processor) Process(ctx context.Context, given workitem.Items, editor string) (workitem.Items, error) {
	if err := given.Check(); err != nil {
		return nil, err
	}
	if err := p.catalog.RefreshNow(ctx); err != nil {
		return nil, err
	}
	before, err := p.load(ctx, given)
	if err != nil {
		return nil, err
	}
	result, err := p.process(ctx, before.Items, workflow.Options{Editor: editor})
	if err != nil {
		return nil, err
	}
	next := p.newChange(uuid.Nil, before, result, false)
	outcomes, err := p.commit(ctx, []*change{next})
	switch {
	case errors.Is(err, errExists):
		return nil, ErrConflict
	case err != nil:
		return nil, err
	case outcomes[0] != Processed:
		return nil, ErrConflict
	}
	return next.records[0].Items, nil
}

// load finds the stored workitem and lays the given items over it.
func (p *Processor) load(ctx context.Context, given workitem.Items) (workitem.Record, error) {
	items := given.Clone()
	record := workitem.Record{Items: items}
	stored := false
	if id := items.Text(workitem.UniqueID); id != "" {
		found, err := workitem.Load(ctx, p.pool, id)
		if err != nil && !errors.Is(err, workitem.ErrNotFound) {
			return record, err
		}
		if stored = err == nil; stored {
			record = found
		}
	}
	if !stored {
		if items.Int(workitem.TaskID) <= 0 || items.Int(workitem.EventID) <= 0 ||
			items.Empty(workitem.ModelVersion) && items.Empty(workitem.WorkflowGroup) {
			return record, ErrNotAllowed
		}
	} else if task := items.Int(workitem.TaskID); task > 0 && task != record.Items.Int(workitem.TaskID) {
		return record, fmt.Errorf("%w: task %d, not %d", ErrTask, record.Items.Int(workitem.TaskID), task)
	} else {
		overlay(record.Items, items)
	}
	if record.Items.Empty(workitem.Type) {
		record.Items.Set(workitem.Type, "workitem")
	}
	return record, nil
}

// overlay lays what a client sends over what is stored. What the kernel and the
// store write is theirs: a client's copy of it may be old, and would take back
// history.
func overlay(stored, given workitem.Items) {
	for name, values := range given {
		switch name {
		case workitem.EventLog, workitem.Created, workitem.Modified, workitem.Creator, workitem.WorkitemID,
			workitem.TransactionID, workitem.UniqueIDSource, workitem.UniqueIDVersions:
		default:
			stored[name] = values
		}
	}
}
