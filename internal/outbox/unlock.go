package outbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

const unlockSQL = `
WITH entry AS MATERIALIZED (
    SELECT
        id,
        lock_owner,
        lock_expires,
        lock_expires > clock_timestamp() AS held
    FROM eventlog
    WHERE id = $1
      AND topic <> 'async.event'
    FOR UPDATE
),
done AS (
    UPDATE eventlog e
    SET lock_owner   = NULL,
        lock_expires = NULL,
        locked_at    = NULL
    FROM entry f
    WHERE e.id = f.id
      AND f.held
      AND ($2 = '' OR f.lock_owner = $2)
    RETURNING e.id
)
SELECT
    k.topic = 'async.event',
    f.id IS NOT NULL,
    coalesce(f.held, false),
    coalesce(f.lock_owner, ''),
    f.lock_expires,
    d.id IS NOT NULL
FROM eventlog k
LEFT JOIN entry f ON true
LEFT JOIN done d ON true
WHERE k.id = $1`

// Unlock gives an entry back. With an owner, only if it is the owner's; "" does
// so whoever holds it. The error is [ErrNotLocked] if nobody does, else
// [ErrNotYours], [ErrAsync] or [ErrNotFound].
func Unlock(ctx context.Context, db DB, id uuid.UUID, owner string) error {
	state, err := changeLock(ctx, db, unlockSQL, id, owner)
	if err == nil {
		err = notYours(state.refusal())
	}
	if err != nil {
		return fmt.Errorf("unlock entry: %w", err)
	}
	return nil
}
