package asyncevent

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Time limits of one condition or script.
const (
	batchScriptLimit = 25 * time.Millisecond
	aloneScriptLimit = time.Second
)

// asyncEditor is the $editor of what nobody did.
const asyncEditor = "postlude"

// run runs the kernel on a candidate.
func (p *Processor) run(ctx context.Context, c *candidate, alone bool) (*change, error) {
	options := workflow.Options{Async: true, Editor: asyncEditor, ScriptLimit: batchScriptLimit, NoAdapters: true}
	if alone {
		options.ScriptLimit, options.NoAdapters = aloneScriptLimit, false
	}
	items := c.record.Items
	items.Set(workitem.EventID, c.targetEvent)
	result, err := p.process(ctx, items, options)
	if err != nil {
		return nil, err
	}
	keeps, err := p.keepsArmed(ctx, c, result)
	if err != nil {
		return nil, err
	}
	return p.newChange(c.ID, *c.record, result, keeps), nil
}

// process runs the kernel; a panic in it is the error of this one processing.
func (p *Processor) process(ctx context.Context, items workitem.Items, options workflow.Options) (result workflow.Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			p.log.Error().Interface("panic", r).Bytes("stack", debug.Stack()).Msg("processing panicked")
			err = fmt.Errorf("processing panicked: %v", r)
		}
	}()
	result, err = p.kernel.Process(ctx, items, options)
	if err != nil {
		return result, err
	}
	if err := result.Workitem.Items.Check(); err != nil {
		return result, err
	}
	for _, split := range result.Splits {
		if err := split.Items.Check(); err != nil {
			return result, err
		}
	}
	return result, nil
}

// keepsArmed says whether the entry is of a non-interrupting boundary event and
// its target event has ended on the task it is attached to.
func (p *Processor) keepsArmed(ctx context.Context, c *candidate, result workflow.Result) (bool, error) {
	before := c.record.Items
	if c.boundaryEvent == "" || before.Int(workitem.TaskID) != result.Workitem.Items.Int(workitem.TaskID) ||
		before.Text(workitem.ModelVersion) != result.Workitem.Items.Text(workitem.ModelVersion) {
		return false, nil
	}
	model, err := p.catalog.Model(ctx, before.Text(workitem.ModelVersion), before.Text(workitem.WorkflowGroup))
	if err != nil {
		return false, fmt.Errorf("find boundary event: %w", err)
	}
	task := model.Task(before.Int(workitem.TaskID))
	if task == nil {
		return false, nil
	}
	for _, b := range task.Boundary {
		if b.ElementID == c.boundaryEvent {
			return !b.Interrupting, nil
		}
	}
	return false, nil
}

// overBudget says that an error is no failure: the entry wants to be handled
// alone.
func overBudget(err error) bool {
	return errors.Is(err, workflow.ErrTimeLimit) || errors.Is(err, workflow.ErrMemoryLimit) || errors.Is(err, workflow.ErrAdapter)
}
