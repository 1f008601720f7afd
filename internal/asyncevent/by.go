package asyncevent

import (
	"context"

	"github.com/postlude/postlude/internal/workitem"
)

// By says who processes a workitem, and whether that is allowed. Its functions
// must not change the items; nil allows everything, and so do async events.
type By struct {
	// Editor becomes $editor, and $creator of a new workitem.
	Editor string
	// Allow is asked for the workitem with the stored items as they are before
	// anything is laid over them, nil if it is to be created, and before anything
	// happens for each other workitem that the processing processes or creates.
	// What it looked at is what is processed: if a workitem changes in between
	// nothing is written. What it refuses ends the whole processing, whatever a
	// plugin makes of it.
	Allow func(stored workitem.Items) error
	// MayRead is asked for the stored items of other workitems that the
	// processing only reads. One that the caller may not read is not there for
	// it, as in Imixs. What Allow has let it process it reads.
	MayRead func(stored workitem.Items) bool
}

func (b By) allow(stored workitem.Items) error {
	if b.Allow == nil {
		return nil
	}
	return b.Allow(stored)
}

func (b By) mayRead(stored workitem.Items) bool { return b.MayRead == nil || b.MayRead(stored) }

// Process is ProcessBy for an editor who may do everything.
func (p *Processor) Process(ctx context.Context, given workitem.Items, editor string) (workitem.Items, error) {
	return p.ProcessBy(ctx, given, By{Editor: editor})
}
