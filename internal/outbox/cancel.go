package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ReasonCancelled is the reason of a discard: somebody wanted it so.
const ReasonCancelled = "cancelled"

// What a relay has in hand may be published at this moment, or have been. Only
// workers ask again whether the entry is there.
const cancelSQL = `
WITH entry AS MATERIALIZED (
    SELECT
        id,
        published_at IS NOT NULL OR topic <> 'async.event' AND dispatched_at IS NOT NULL AS published,
        lock_owner,
        lock_expires,
        lock_expires > clock_timestamp() AS held
    FROM eventlog
    WHERE id = $1
    FOR UPDATE
),
removed AS (
    DELETE FROM eventlog e
    USING entry f
    WHERE e.id = f.id
      AND NOT f.published
      AND f.held IS NOT TRUE
    RETURNING e.id, e.topic, e.ref, e.due, e.data, e.armed_by
),
done AS (
    INSERT INTO eventlog_discarded (id, topic, ref, due, data, reason, armed_by)
    SELECT id, topic, ref, due, data, $2, armed_by
    FROM removed
    RETURNING id
)
SELECT
    f.published,
    coalesce(f.lock_owner, ''),
    f.lock_expires,
    d.id IS NOT NULL
FROM entry f
LEFT JOIN done d ON true`

// Cancel removes an entry that waits, an async one too, and records it as
// discarded. An async entry can be cancelled until the transaction of its effect
// commits: whichever of the two comes first holds. An entry of another topic
// cannot be cancelled while a relay has it in hand, until it is published or has
// come back: after a broker that did not answer it may have subscribers
// nevertheless. The error is [ErrNotFound], [ErrPublished], or a [*LockedError]
// while a client holds the entry.
func Cancel(ctx context.Context, db DB, id uuid.UUID) error {
	var published, done bool
	var locked LockedError
	var until *time.Time
	err := db.QueryRow(ctx, cancelSQL, id, ReasonCancelled).Scan(&published, &locked.Owner, &until, &done)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		err = ErrNotFound
	case err != nil || done:
	case published:
		err = ErrPublished
	default:
		locked.Until = *until
		err = &locked
	}
	if err != nil {
		return fmt.Errorf("cancel entry: %w", err)
	}
	return nil
}
