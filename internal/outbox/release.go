package outbox

import (
	"context"
	"fmt"
	"time"
)

// A row that another session has locked is in use, and not waited for.
const releaseSQL = `
WITH free AS MATERIALIZED (
    SELECT id
    FROM eventlog
    WHERE topic = ANY($1::text[])
      AND topic <> 'async.event'
      AND lock_owner IS NOT NULL
      AND (
          lock_expires <= clock_timestamp()
          OR locked_at <= clock_timestamp() - $2::bigint * interval '1 microsecond'
      )
    FOR UPDATE SKIP LOCKED
)
UPDATE eventlog e
SET lock_owner   = NULL,
    lock_expires = NULL,
    locked_at    = NULL
FROM free f
WHERE e.id = f.id`

// ReleaseLocks unlocks the entries of these topics whose lock has expired, or was
// neither taken nor extended for so long, and returns how many. It deletes
// nothing. Locks that have expired may be taken over without it.
func ReleaseLocks(ctx context.Context, db DB, topics []string, unusedFor time.Duration) (int, error) {
	if unusedFor < 0 {
		return 0, fmt.Errorf("release locks: %w: the time is negative", ErrInvalid)
	}
	if topics == nil {
		topics = []string{}
	}
	tag, err := db.Exec(ctx, releaseSQL, topics, unusedFor.Microseconds())
	if err != nil {
		return 0, fmt.Errorf("release locks: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
