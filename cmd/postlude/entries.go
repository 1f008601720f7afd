package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgres"
)

// entries are the arguments of a command that changes some.
type entries struct {
	database
	IDs []string `arg:"" name:"id" help:"Ids of entries."`
}

// change does something to each entry and says so. One that is refused is
// reported, and the others are changed all the same.
func (e *entries) change(ctx context.Context, std streams, done string, change func(context.Context, outbox.DB, uuid.UUID) error) error {
	ids := make([]uuid.UUID, len(e.IDs))
	for i, text := range e.IDs {
		id, err := uuid.Parse(text)
		if err != nil {
			return usage("%q is not the id of an entry", text)
		}
		ids[i] = id
	}
	pool, err := e.open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	refused := false
	for _, id := range ids {
		err := change(ctx, pool, id)
		switch {
		case err == nil:
			fmt.Fprintf(std.out, "%s: %s\n", id, done)
		case postgres.IsUnavailable(err) || ctx.Err() != nil:
			return err
		default:
			report(std.err, fmt.Errorf("%s: %w", id, err))
			refused = true
		}
	}
	if refused {
		return errReported
	}
	return nil
}

type eventlogCancelCommand struct {
	entries
}

// Run implements the command.
func (c *eventlogCancelCommand) Run(ctx context.Context, std streams) error {
	return c.change(ctx, std, "cancelled", outbox.Cancel)
}

type eventlogFireCommand struct {
	entries
}

// Run implements the command.
func (c *eventlogFireCommand) Run(ctx context.Context, std streams) error {
	return c.change(ctx, std, "due now", outbox.Fire)
}
