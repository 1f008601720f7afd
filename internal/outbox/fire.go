package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// What is due and at the broker already is on its way: a second dispatch would
// only meet the first.
const fireSQL = `
WITH entry AS MATERIALIZED (
    SELECT
        id,
        published_at,
        dispatched_at IS NOT NULL AND due <= clock_timestamp() AS fires
    FROM eventlog
    WHERE id = $1
    FOR UPDATE
),
done AS (
    UPDATE eventlog e
    SET due           = least(e.due, t.now),
        dispatch_at   = eventlog_dispatch_at(eventlog_policy(e.topic), least(e.due, t.now)),
        dispatched_at = NULL
    FROM entry f
    CROSS JOIN (SELECT clock_timestamp() AS now) t
    WHERE e.id = f.id
      AND f.published_at IS NULL
      AND NOT f.fires
    RETURNING pg_notify('postlude_eventlog', '')::text
)
SELECT
    f.published_at IS NOT NULL
FROM entry f
LEFT JOIN done d ON true`

// Fire makes an entry that waits due now, an async one too, and has the relays
// look at it with the commit: one whose attempts failed is tried again. What is on
// hold stays on hold, but is due. An entry takes effect, or is published, no
// earlier than its new due time. The error is [ErrNotFound], or [ErrPublished].
func Fire(ctx context.Context, db DB, id uuid.UUID) error {
	published := false
	err := db.QueryRow(ctx, fireSQL, id).Scan(&published)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		err = ErrNotFound
	case err == nil && published:
		err = ErrPublished
	}
	if err != nil {
		return fmt.Errorf("fire entry: %w", err)
	}
	return nil
}
