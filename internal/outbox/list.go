package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
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
	// StatePublished entries were taken by the broker. A copy stays until a client
	// removes it or its retention ends, a handover until the broker has proved
	// that it has it.
	StatePublished State = "published"
	// StateHeld entries wait and are of a topic that is on hold: nobody publishes
	// them.
	StateHeld State = "held"
)

// Selection says which entries to list. Several conditions are all to hold.
type Selection struct {
	// Topics are the topics wanted, whether somebody holds the entry or not; of
	// Free, only entries that nobody holds, and of Locked only those that
	// somebody does. None in all three for all entries.
	Topics, Free, Locked []string
	// Ref is the ref wanted, "" for all.
	Ref string
	// Due says that only entries that are due are wanted.
	Due bool
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
	// Published is when the broker acknowledged the entry, nil if it has not.
	Published *time.Time
	// LockOwner holds the entry until LockExpires; "" and nil if nobody does.
	LockOwner   string
	LockExpires *time.Time
}

// maxListedData bounds the data of a list, in bytes; the first entry has its
// data in any case.
const maxListedData = 16 << 20

// Of the four ways to find a page, one is taken: each is a walk along an index
// of its own. Ids are made in the order of creation, so a walk along them is one
// by age.
const listSQL = `
WITH page AS MATERIALIZED (
    -- ids first: data need not be sorted, nor read for what is passed over
    (
        SELECT
            id,
            created AS place
        FROM eventlog
        WHERE $1 = 'id'
          AND id = $8
    )
    UNION ALL
    (
        SELECT
            id,
            created
        FROM eventlog
        WHERE $1 = 'all'
          AND (NOT $5::boolean OR due <= statement_timestamp())
        ORDER BY id
        LIMIT $6
        OFFSET $7
    )
    UNION ALL
    (
        SELECT
            e.id,
            e.created
        FROM eventlog e
        WHERE $1 = 'ref'
          AND e.ref = $4
          AND (NOT $5 OR e.due <= statement_timestamp())
          AND (
              cardinality($2::text[]) = 0
              OR EXISTS (
                  SELECT
                  FROM unnest($2, $3::text[]) AS w (topic, lock)
                  WHERE w.topic = e.topic
                    AND (w.lock = 'any' OR (w.lock = 'locked') = coalesce(e.lock_expires > statement_timestamp(), false))
              )
          )
        ORDER BY e.created, e.id
        LIMIT $6
        OFFSET $7
    )
    UNION ALL
    (
        SELECT
            t.id,
            t.place
        FROM unnest($2, $3) AS w (topic, lock)
        CROSS JOIN LATERAL eventlog_first(w.topic, w.lock, $5, $6 + $7) t
        WHERE $1 = 'topics'
        ORDER BY t.place, t.id
        LIMIT $6
        OFFSET $7
    )
)
SELECT
    e.id,
    e.topic,
    e.ref,
    e.created,
    e.due,
    CASE WHEN e.number = 1 OR e.size <= $9 THEN e.data::text END,
    e.data IS NOT NULL AND e.number > 1 AND e.size > $9,
    coalesce(e.armed_by, ''),
    coalesce(e.traceparent, ''),
    e.attempts,
    e.slow,
    coalesce(e.last_error, ''),
    e.generation,
    CASE
        WHEN e.dispatched_at IS NOT NULL THEN 'dispatched'
        WHEN e.published_at IS NOT NULL THEN 'published'
        WHEN e.topic <> 'async.event' AND eventlog_policy(e.topic) = 'hold' THEN 'held'
        ELSE 'pending'
    END,
    e.published_at,
    CASE WHEN e.lock_expires > statement_timestamp() THEN e.lock_owner ELSE '' END,
    CASE WHEN e.lock_expires > statement_timestamp() THEN e.lock_expires END
FROM (
    SELECT
        e.*,
        row_number() OVER w AS number,
        sum(octet_length(e.data::text)) OVER w AS size
    FROM page p
    JOIN eventlog e ON e.id = p.id
    WINDOW w AS (ORDER BY p.place, e.id)
) e
ORDER BY e.number`

// List returns entries, the oldest first, without locking them: in the order of
// creation and, within a moment, of their ids. Those of topics that are wanted
// only if they are due come in the order of their due times. Entries that come or go between
// two calls move the others: pages that are read one after the other may repeat
// or miss some.
func List(ctx context.Context, db DB, s Selection) ([]Listed, error) {
	way := "all"
	topics, locks := s.wanted()
	switch {
	case s.Ref != "":
		way = "ref"
	case len(topics) > 0:
		way = "topics"
	}
	entries, err := list(ctx, db, way, topics, locks, s.Ref, s.Due, s.Limit, s.Offset, uuid.Nil, maxListedData)
	if err != nil {
		return nil, fmt.Errorf("list entries: %w", err)
	}
	return entries, nil
}

// List is the function of that name.
func (s *Store) List(ctx context.Context, selection Selection) ([]Listed, error) {
	return List(ctx, s.pool, selection)
}

// Get returns an entry, or [ErrNotFound].
func Get(ctx context.Context, db DB, id uuid.UUID) (Listed, error) {
	entries, err := list(ctx, db, "id", []string{}, []string{}, "", false, 1, 0, id, maxListedData)
	switch {
	case err != nil:
		return Listed{}, fmt.Errorf("get entry: %w", err)
	case len(entries) == 0:
		return Listed{}, fmt.Errorf("get entry: %w", ErrNotFound)
	}
	return entries[0], nil
}

// wanted is the topics with the locks that are wanted of each, each topic once.
func (s *Selection) wanted() (topics, locks []string) {
	topics, locks = []string{}, []string{}
	place := map[string]int{}
	add := func(names []string, lock string) {
		for _, name := range names {
			i, ok := place[name]
			if !ok {
				place[name] = len(topics)
				topics, locks = append(topics, name), append(locks, lock)
			} else if locks[i] != lock {
				locks[i] = "any"
			}
		}
	}
	add(s.Topics, "any")
	add(s.Free, "free")
	add(s.Locked, "locked")
	return topics, locks
}

func list(ctx context.Context, db DB, args ...any) ([]Listed, error) {
	rows, err := db.Query(ctx, listSQL, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanListed)
}

func scanListed(row pgx.CollectableRow) (l Listed, err error) {
	err = row.Scan(&l.ID, &l.Topic, &l.Ref, &l.Created, &l.Due, &l.Data, &l.DataLeftOut,
		&l.ArmedBy, &l.Traceparent, &l.Attempts, &l.Slow, &l.LastError, &l.Generation, &l.State,
		&l.Published, &l.LockOwner, &l.LockExpires)
	return l, err
}

const topicOfSQL = `SELECT topic FROM eventlog WHERE id = $1`

// TopicOf returns the topic of an entry, or [ErrNotFound].
func TopicOf(ctx context.Context, db DB, id uuid.UUID) (topic string, err error) {
	err = db.QueryRow(ctx, topicOfSQL, id).Scan(&topic)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("read topic of entry: %w", err)
	}
	return topic, nil
}
