package outbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// State says where an entry is on its way.
type State string

// The states.
const (
	// StatePending entries wait in the outbox until a relay looks at them.
	StatePending State = "pending"
	// StateDispatched entries are at the broker, under a lease.
	StateDispatched State = "dispatched"
	// StatePublished entries are copies that the broker has taken; they stay
	// until a client removes them.
	StatePublished State = "published"
	// StateHeld entries are of a topic that is never published.
	StateHeld State = "held"
)

// Selection says which entries to list.
type Selection struct {
	// Topics are the topics wanted, none for all.
	Topics []string
	// Ref is the ref wanted, "" for all.
	Ref string
	// Limit is the most entries to return, Offset how many to pass over first.
	Limit, Offset int
}

// Listed is an entry of a list.
type Listed struct {
	Entry
	State State
	// DataLeftOut says that Data is missing because the list would have become
	// too large with it.
	DataLeftOut bool
}

// maxListedData bounds the data of a list, in bytes; the first entry has its
// data in any case.
const maxListedData = 16 << 20

const listSQL = `
WITH page AS MATERIALIZED (
    -- ids first: data need not be sorted, nor read for what is passed over
    SELECT
        id,
        created
    FROM eventlog
    WHERE (cardinality($1::text[]) = 0 OR topic = ANY($1))
      AND ($2::text = '' OR ref = $2)
    ORDER BY id
    LIMIT $3
    OFFSET $4
),
measured AS (
    SELECT
        p.id,
        row_number() OVER w AS place,
        sum(octet_length(e.data::text)) OVER w AS size
    FROM page p
    JOIN eventlog e ON e.id = p.id
    WINDOW w AS (ORDER BY p.id)
)
SELECT
    e.id,
    e.topic,
    e.ref,
    e.created,
    e.due,
    CASE WHEN m.place = 1 OR m.size <= $5 THEN e.data::text END,
    e.data IS NOT NULL AND m.place > 1 AND m.size > $5,
    coalesce(e.armed_by, ''),
    coalesce(e.traceparent, ''),
    e.attempts,
    e.slow,
    coalesce(e.last_error, ''),
    e.generation,
    CASE
        WHEN e.dispatched_at IS NOT NULL THEN 'dispatched'
        WHEN e.dispatch_at IS NOT NULL THEN 'pending'
        WHEN eventlog_policy(e.topic) = 'hold' THEN 'held'
        ELSE 'published'
    END
FROM measured m
JOIN eventlog e ON e.id = m.id
ORDER BY e.id`

// List returns entries, the oldest first, without locking them. Entries that
// come or go between two calls move the others: pages that are read one after
// the other may repeat or miss some.
func (s *Store) List(ctx context.Context, selection Selection) ([]Listed, error) {
	topics := selection.Topics
	if topics == nil {
		topics = []string{}
	}
	rows, err := s.pool.Query(ctx, listSQL, topics, selection.Ref, selection.Limit, selection.Offset, maxListedData)
	if err != nil {
		return nil, fmt.Errorf("list entries: %w", err)
	}
	entries, err := pgx.CollectRows(rows, scanListed)
	if err != nil {
		return nil, fmt.Errorf("list entries: %w", err)
	}
	return entries, nil
}

func scanListed(row pgx.CollectableRow) (l Listed, err error) {
	err = row.Scan(&l.ID, &l.Topic, &l.Ref, &l.Created, &l.Due, &l.Data, &l.DataLeftOut,
		&l.ArmedBy, &l.Traceparent, &l.Attempts, &l.Slow, &l.LastError, &l.Generation, &l.State)
	return l, err
}
