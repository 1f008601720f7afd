package asyncevent

import (
	"context"
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

// Editor is the $editor of what nobody did.
const Editor = "postlude"

// run runs the kernel on a candidate.
func (p *Processor) run(ctx context.Context, c *candidate, alone bool) (*change, error) {
	options := workflow.Options{Async: true, Editor: Editor, ScriptLimit: batchScriptLimit, NoAdapters: true}
	next := &change{entry: c.ID}
	done := processing{before: seenIn(*c.record)}
	if alone {
		done.draft = newDraft(p.pool, By{}, next)
		options.ScriptLimit, options.NoAdapters, options.Workitems = aloneScriptLimit, false, done.draft
	}
	items := c.record.Items
	items.Set(workitem.EventID, c.targetEvent)
	var err error
	if done.result, err = p.process(ctx, items, options); err != nil {
		return nil, err
	}
	if b := Staying(c.record.Items, done.result.Workitem, c.boundaryEvent); b != nil {
		done.stays = true
		done.next, err = ArmNext(b, c.occurrence, c.entry.Ref, c.record.ArmedBy, p.now())
		if err != nil {
			return nil, err
		}
	}
	return next, p.add(next, done)
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
	for reached := range result.All() {
		if err := reached.Items.Check(); err != nil {
			return result, err
		}
	}
	return result, nil
}
