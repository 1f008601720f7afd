package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Backlog is a topic whose entries were published and are still there.
type Backlog struct {
	Topic string
	// Oldest is how long ago the oldest of them was published.
	Oldest time.Duration
	// Entries is how many there are, counted up to [MaxCounted].
	Entries int
}

const unconsumedSQL = `
WITH RECURSIVE published AS (
    (
        SELECT topic
        FROM eventlog
        WHERE published_at IS NOT NULL
          AND stream_sequence IS NULL
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
),
backlog AS (
    SELECT
        p.topic,
        o.published_at
    FROM (
        SELECT topic
        FROM published
        LIMIT 10000
    ) p
    CROSS JOIN LATERAL (
        SELECT e.published_at
        FROM eventlog e
        WHERE e.topic = p.topic
          AND e.published_at IS NOT NULL
          AND e.stream_sequence IS NULL
        ORDER BY e.published_at
        LIMIT 1
    ) o
    WHERE o.published_at <= now() - $1::bigint * interval '1 microsecond'
      AND NOT EXISTS (
          -- what has a retention is removed by the relays
          SELECT
          FROM eventlog_topic t
          WHERE t.pattern = eventlog_pattern(p.topic)
            AND t.retention IS NOT NULL
      )
    ORDER BY o.published_at
    LIMIT $2
)
SELECT
    b.topic,
    (extract(epoch FROM now() - b.published_at) * 1000000)::bigint,
    c.entries
FROM backlog b
CROSS JOIN LATERAL (
    SELECT count(*) AS entries
    FROM (
        SELECT
        FROM eventlog e
        WHERE e.topic = b.topic
          AND e.published_at IS NOT NULL
          AND e.stream_sequence IS NULL
          AND e.published_at <= now() - $1::bigint * interval '1 microsecond'
        LIMIT $3
    ) e
) c
ORDER BY b.published_at`

// MaxCounted bounds the count of a backlog: a large one costs as much as it has
// entries.
const MaxCounted = 1000

// maxBacklogs bounds what is reported of topics, and with it the series of a
// metric.
const maxBacklogs = 20

// Unconsumed returns the topics with entries that were published longer ago than
// that and that nobody has removed since: those with the oldest, at most twenty,
// the oldest first. Topics with a retention and handovers are not among them:
// relays remove those. Of more than ten thousand topics it looks at the first.
func Unconsumed(ctx context.Context, db DB, olderThan time.Duration) ([]Backlog, error) {
	rows, err := db.Query(ctx, unconsumedSQL, olderThan.Microseconds(), maxBacklogs, MaxCounted)
	if err != nil {
		return nil, fmt.Errorf("find unconsumed topics: %w", err)
	}
	backlogs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (b Backlog, err error) {
		var oldest int64
		err = row.Scan(&b.Topic, &oldest, &b.Entries)
		b.Oldest = time.Duration(oldest) * time.Microsecond
		return b, err
	})
	if err != nil {
		return nil, fmt.Errorf("find unconsumed topics: %w", err)
	}
	return backlogs, nil
}
