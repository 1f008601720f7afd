package outbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Count is how many entries of a topic are in a state.
type Count struct {
	Topic   string
	State   State
	Entries int
	// Locked is how many of them a client holds.
	Locked int
}

// The policy is looked up once per topic, not once per entry.
const countSQL = `
SELECT
    c.topic,
    CASE
        WHEN c.state <> 'pending' THEN c.state
        WHEN c.topic <> 'async.event' AND eventlog_policy(c.topic) = 'hold' THEN 'held'
        ELSE 'pending'
    END,
    c.entries,
    c.locked
FROM (
    SELECT
        e.topic,
        CASE
            WHEN e.dispatched_at IS NOT NULL THEN 'dispatched'
            WHEN e.published_at IS NOT NULL THEN 'published'
            ELSE 'pending'
        END AS state,
        count(*) AS entries,
        count(*) FILTER (WHERE e.lock_expires > statement_timestamp()) AS locked
    FROM eventlog e
    WHERE cardinality($1::text[]) = 0 OR e.topic = ANY($1)
    GROUP BY 1, 2
) c
ORDER BY 1, 2`

// CountEntries counts the entries of these topics, none for all, by topic and
// state. It reads all of them.
func CountEntries(ctx context.Context, db DB, topics []string) ([]Count, error) {
	if topics == nil {
		topics = []string{}
	}
	rows, err := db.Query(ctx, countSQL, topics)
	if err != nil {
		return nil, fmt.Errorf("count entries: %w", err)
	}
	counts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Count, err error) {
		err = row.Scan(&c.Topic, &c.State, &c.Entries, &c.Locked)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("count entries: %w", err)
	}
	return counts, nil
}
