package asyncevent

import (
	"context"

	"github.com/postlude/postlude/internal/workitem"
)

// By says who processes a workitem, and whether that is allowed.
type By struct {
	// Editor becomes $editor, and $creator of a new workitem.
	Editor string
	// Allow is asked once, with the stored items as they are before anything is
	// laid over them, nil if the workitem is to be created. What it looked at is
	// what is processed: if the workitem changes in between nothing is written.
	// It must not change the items. nil allows everything.
	Allow func(stored workitem.Items) error
}

// allow asks for a workitem as it was read; its version is 0 if it is not stored.
func (b By) allow(before workitem.Record) error {
	switch {
	case b.Allow == nil:
		return nil
	case before.Version == 0:
		return b.Allow(nil)
	}
	return b.Allow(before.Items)
}

// Process is ProcessBy for an editor who may do everything.
func (p *Processor) Process(ctx context.Context, given workitem.Items, editor string) (workitem.Items, error) {
	return p.ProcessBy(ctx, given, By{Editor: editor})
}
