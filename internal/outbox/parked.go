package outbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// A walk from one topic to the next along the index, not over all their entries.
const parkedTopicsSQL = `
WITH RECURSIVE parked AS (
    (
        SELECT topic
        FROM eventlog
        WHERE topic <> 'async.event'
          AND published_at IS NULL
          AND dispatch_at IS NULL
          AND topic > $1
        ORDER BY topic
        LIMIT 1
    )
    UNION ALL
    SELECT n.topic
    FROM parked p
    CROSS JOIN LATERAL (
        SELECT e.topic
        FROM eventlog e
        WHERE e.topic <> 'async.event'
          AND e.published_at IS NULL
          AND e.dispatch_at IS NULL
          AND e.topic > p.topic
        ORDER BY e.topic
        LIMIT 1
    ) n
)
SELECT topic
FROM parked
LIMIT $2`

// parkedTopics returns the topics with entries that are parked, after the given
// one, at most sweepLimit.
func (s *Store) parkedTopics(ctx context.Context, after string) ([]string, error) {
	return s.texts(ctx, "find topics with parked entries", parkedTopicsSQL, after, sweepLimit)
}

const parkedRefsSQL = `
WITH RECURSIVE parked AS (
    (
        SELECT ref
        FROM eventlog
        WHERE topic = $1
          AND topic <> 'async.event'
          AND published_at IS NULL
          AND dispatch_at IS NULL
          AND ref > $2
        ORDER BY ref
        LIMIT 1
    )
    UNION ALL
    SELECT n.ref
    FROM parked p
    CROSS JOIN LATERAL (
        SELECT e.ref
        FROM eventlog e
        WHERE e.topic = $1
          AND e.topic <> 'async.event'
          AND e.published_at IS NULL
          AND e.dispatch_at IS NULL
          AND e.ref > p.ref
        ORDER BY e.ref
        LIMIT 1
    ) n
)
SELECT ref
FROM parked
LIMIT $3`

// parkedRefs returns the refs of a topic's entries that are parked, after the
// given one, at most sweepLimit.
func (s *Store) parkedRefs(ctx context.Context, topic, after string) ([]string, error) {
	return s.texts(ctx, "find lines with parked entries", parkedRefsSQL, topic, after, sweepLimit)
}

func (s *Store) texts(ctx context.Context, operation, sql string, args ...any) ([]string, error) {
	rows, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	return texts, nil
}

const readyParkedSQL = `
WITH free AS MATERIALIZED (
    SELECT id
    FROM eventlog
    WHERE topic = ANY($1::text[])
      AND topic <> 'async.event'
      AND published_at IS NULL
      AND dispatch_at IS NULL
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE eventlog e
SET dispatch_at = e.due
FROM free f
WHERE e.id = f.id`

// readyParked gives the parked entries of topics their time, at most sweepLimit,
// and returns how many.
func (s *Store) readyParked(ctx context.Context, topics []string) (int, error) {
	if len(topics) == 0 {
		return 0, nil
	}
	tag, err := s.pool.Exec(ctx, readyParkedSQL, topics, sweepLimit)
	if err != nil {
		return 0, fmt.Errorf("make parked entries ready: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
