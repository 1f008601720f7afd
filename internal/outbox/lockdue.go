package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A walk along the queue of a topic, as that of eventlog_lock. Data are weighed
// once the rows are ours: nothing is read for what is passed over.
const lockDueSQL = `
WITH picked AS MATERIALIZED (
    SELECT
        id,
        due,
        data
    FROM eventlog
    WHERE topic = $1
      AND topic <> 'async.event'
      -- not clock_timestamp(): only what is stable can be looked up in the index
      AND due <= statement_timestamp()
      AND (lock_expires IS NULL OR lock_expires <= statement_timestamp())
    ORDER BY due, id
    LIMIT $4
    FOR UPDATE SKIP LOCKED
),
fitting AS MATERIALIZED (
    SELECT id
    FROM (
        SELECT
            id,
            row_number() OVER w AS place,
            coalesce(sum(octet_length(data::text)) OVER w, 0) AS size
        FROM picked
        WINDOW w AS (ORDER BY due, id)
    ) p
    WHERE place = 1 OR size <= $5
),
taken AS (
    UPDATE eventlog e
    SET lock_owner   = $2,
        lock_expires = statement_timestamp() + $3::bigint * interval '1 microsecond',
        locked_at    = statement_timestamp()
    FROM fitting f
    WHERE e.id = f.id
    RETURNING e.*
)
SELECT
    id,
    topic,
    ref,
    created,
    due,
    data::text,
    false,
    coalesce(armed_by, ''),
    coalesce(traceparent, ''),
    attempts,
    slow,
    coalesce(last_error, ''),
    generation,
    CASE
        WHEN dispatched_at IS NOT NULL THEN 'dispatched'
        WHEN published_at IS NOT NULL THEN 'published'
        -- asked once, and only if need be
        WHEN (SELECT eventlog_policy($1)) = 'hold' THEN 'held'
        ELSE 'pending'
    END,
    published_at,
    lock_owner,
    lock_expires
FROM taken
ORDER BY due, id`

// LockDue gives up to limit entries of a topic that are due and that nobody
// holds, the oldest due first, to an owner for the time of the lease, and returns
// them with their data. Their data have 16 MiB together, or there is one entry
// alone: what is beyond that is not locked. A lock that has expired may be taken
// over. Entries whose rows another transaction has locked are passed over, never
// waited for; none at all is no error.
//
// For an owner or a lease that [Lock] refuses, and a limit that is not positive,
// the error is an [ErrInvalid]; for the topic async.event it is [ErrAsync].
//
// On a transaction the locks begin with the commit. Until its end others pass
// over all entries that were looked at, those that were too much included.
func LockDue(ctx context.Context, db DB, topic, owner string, lease time.Duration, limit int) ([]Listed, error) {
	if err := checkLockDue(topic, owner, lease, limit); err != nil {
		return nil, fmt.Errorf("lock due entries: %w", err)
	}
	rows, err := db.Query(ctx, lockDueSQL, topic, owner, lease.Microseconds(), limit, maxListedData)
	if err != nil {
		return nil, fmt.Errorf("lock due entries: %w", err)
	}
	entries, err := pgx.CollectRows(rows, scanListed)
	if err != nil {
		return nil, fmt.Errorf("lock due entries: %w", err)
	}
	return entries, nil
}

func checkLockDue(topic, owner string, lease time.Duration, limit int) error {
	switch {
	case limit < 1:
		return fmt.Errorf("%w: the limit must be positive", ErrInvalid)
	case topic == TopicAsync:
		return ErrAsync
	}
	return checkLock(owner, lease)
}
