package outbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

const deleteSQL = `
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
    DELETE FROM eventlog e
    USING entry f
    WHERE e.id = f.id
      AND ($2 = '' OR f.lock_owner = $2 OR $3::boolean AND f.held IS NOT TRUE)
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

// Delete removes an entry of any topic but async.event; [Cancel] is for those.
// With an owner, only if the owner has locked it: a lock that has expired will
// do as long as nobody else has taken the entry or released it, since the work is
// done. In the transaction of that work the error keeps it from being done
// twice. "" removes whatever lock there is. The error is [ErrNotLocked],
// [ErrNotYours], [ErrAsync] or [ErrNotFound].
func Delete(ctx context.Context, db DB, id uuid.UUID, owner string) error {
	return remove(ctx, db, id, owner, false)
}

// DeleteFree removes an entry that nobody holds, or the owner; else as [Delete].
func DeleteFree(ctx context.Context, db DB, id uuid.UUID, owner string) error {
	return remove(ctx, db, id, owner, true)
}

func remove(ctx context.Context, db DB, id uuid.UUID, owner string, orFree bool) error {
	state, err := changeLock(ctx, db, deleteSQL, id, owner, orFree)
	if err == nil {
		err = notYours(state.refusal())
	}
	if err != nil {
		return fmt.Errorf("delete entry: %w", err)
	}
	return nil
}
