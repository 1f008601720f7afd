package rest

import (
	"context"

	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/outbox"
)

// cancelEntry makes that an entry never happens.
func (a *api) cancelEntry(c *call) (answer, error) { return a.manage(c, outbox.Cancel) }

// fireEntry makes an entry due.
func (a *api) fireEntry(c *call) (answer, error) { return a.manage(c, outbox.Fire) }

func (a *api) manage(c *call, do func(ctx context.Context, db outbox.DB, id uuid.UUID) error) (answer, error) {
	id, err := entryID(c)
	if err != nil {
		return nil, err
	}
	if err := a.mayEntry(c, auth.Manage, id); err != nil {
		return nil, err
	}
	return noContent{}, do(c.Context(), a.pool, id)
}
