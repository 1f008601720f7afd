package outbox

import (
	"context"
	"fmt"
)

const publishedTopicsSQL = `
WITH RECURSIVE published AS (
    (
        SELECT topic
        FROM eventlog
        WHERE published_at IS NOT NULL
          AND stream_sequence IS NULL
          AND topic > $1
        ORDER BY topic
        LIMIT 1
    )
    UNION ALL
    SELECT n.topic
    FROM published p
    CROSS JOIN LATERAL (
        SELECT e.topic
        FROM eventlog e
        WHERE e.published_at IS NOT NULL
          AND e.stream_sequence IS NULL
          AND e.topic > p.topic
        ORDER BY e.topic
        LIMIT 1
    ) n
)
SELECT topic
FROM published
LIMIT $2`

// publishedTopics returns the topics with copies that were published, after the
// given one, at most sweepLimit.
func (s *Store) publishedTopics(ctx context.Context, after string) ([]string, error) {
	return s.texts(ctx, "find topics with copies", publishedTopicsSQL, after, sweepLimit)
}

// What a client holds is in use.
const expireCopiesSQL = `
WITH old AS MATERIALIZED (
    SELECT e.id
    FROM unnest($1::text[], $2::bigint[]) AS x (topic, retention)
    CROSS JOIN LATERAL (
        SELECT id
        FROM eventlog
        WHERE topic = x.topic
          AND published_at IS NOT NULL
          AND stream_sequence IS NULL
          AND published_at <= now() - x.retention * interval '1 microsecond'
          AND (lock_expires IS NULL OR lock_expires <= now())
        ORDER BY published_at
        LIMIT $3
        FOR UPDATE SKIP LOCKED
    ) e
    LIMIT $3
)
DELETE FROM eventlog e
USING old o
WHERE e.id = o.id`

// expireCopies removes copies that were published longer ago than the retention
// of their topic, at most sweepLimit, and returns how many.
func (s *Store) expireCopies(ctx context.Context, topics []Topic) (int, error) {
	if len(topics) == 0 {
		return 0, nil
	}
	names, retentions := make([]string, len(topics)), make([]int64, len(topics))
	for i, t := range topics {
		names[i], retentions[i] = t.Pattern, t.Retention.Microseconds()
	}
	tag, err := s.pool.Exec(ctx, expireCopiesSQL, names, retentions, sweepLimit)
	if err != nil {
		return 0, fmt.Errorf("remove expired copies: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
