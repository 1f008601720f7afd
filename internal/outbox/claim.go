package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Claimed is an entry under a lease that has just begun.
type Claimed struct {
	Entry
	// Lane is the queue it was claimed from.
	Lane Lane
	// Wait is how long it is until the entry is due; not positive if it is.
	Wait time.Duration
	// DataLeftOut says that Data is too large to be claimed in a batch and is
	// to be read by itself, see [Store.Data].
	DataLeftOut bool
}

// Want is how many entries of a lane to claim: up to Oldest of those that have
// waited longest, and up to Newest of those that have come up in the last
// seconds, the newest first.
type Want struct {
	Lane           Lane
	Oldest, Newest int
}

// Claim is the result of one claim.
type Claim struct {
	// Entries are ordered by due time.
	Entries []Claimed
	// Next is how long it is until the next entry is to be looked at; negative
	// if there is none.
	Next time.Duration
	// Topics are the policies, as of a moment after the claim.
	Topics Topics
}

// The picked ids stand in materialized CTEs: otherwise the planner may run the
// subqueries once per row, and the limits with them. now() and not
// clock_timestamp(): only what is stable during the statement can be looked up
// in the index.
const claimSQL = `
WITH wanted AS MATERIALIZED (
    SELECT
        lane,
        oldest,
        newest
    FROM unnest($1::text[], $2::integer[], $3::integer[]) AS w (lane, oldest, newest)
),
newest AS MATERIALIZED (
    SELECT e.id
    FROM wanted w
    CROSS JOIN LATERAL (
        SELECT id
        FROM eventlog
        WHERE lane = w.lane
          AND dispatch_at <= now()
          AND dispatch_at > now() - interval '5 seconds'
        ORDER BY dispatch_at DESC
        LIMIT w.newest
        FOR UPDATE SKIP LOCKED
    ) e
),
oldest AS MATERIALIZED (
    SELECT e.id
    FROM wanted w
    CROSS JOIN LATERAL (
        SELECT id
        FROM eventlog
        WHERE lane = w.lane
          AND dispatch_at <= now()
        ORDER BY dispatch_at
        LIMIT w.oldest
        FOR UPDATE SKIP LOCKED
    ) e
),
picked AS MATERIALIZED (
    SELECT id FROM newest
    UNION
    SELECT id FROM oldest
)
UPDATE eventlog e
SET dispatch_at   = greatest(now(), e.due) + $4::bigint * interval '1 microsecond',
    dispatched_at = now(),
    generation    = e.generation + 1
FROM picked p
WHERE e.id = p.id
RETURNING
    e.id,
    e.lane,
    e.topic,
    e.ref,
    e.created,
    e.due,
    CASE WHEN octet_length(e.data::text) <= 8192 THEN e.data::text END,
    coalesce(octet_length(e.data::text) > 8192, false),
    coalesce(e.armed_by, ''),
    coalesce(e.traceparent, ''),
    e.generation,
    e.attempts,
    e.slow,
    -- thirty years are as good as any time, and as much as a duration holds
    greatest(least((extract(epoch FROM e.due - clock_timestamp()) * 1000000)::bigint, 1000000000000000), -1000000000000000)`

const nextDispatchSQL = `
SELECT CASE
    WHEN min(e.dispatch_at) IS NULL THEN -1
    ELSE greatest(least((extract(epoch FROM min(e.dispatch_at) - clock_timestamp()) * 1000000)::bigint, 1000000000000000), 0)
END
FROM unnest($1::text[]) AS w (lane)
CROSS JOIN LATERAL (
    SELECT dispatch_at
    FROM eventlog
    WHERE lane = w.lane
      AND dispatch_at > now()
    ORDER BY dispatch_at
    LIMIT 1
) e`

// Claim takes the wanted entries whose time to be looked at has come, skipping
// what another relay is claiming at the moment. It commits before it returns:
// dispatch_at of each entry is then the end of its lease.
func (s *Store) Claim(ctx context.Context, wants []Want, lease time.Duration) (Claim, error) {
	lanes, oldest, newest := make([]string, len(wants)), make([]int, len(wants)), make([]int, len(wants))
	for i, w := range wants {
		lanes[i], oldest[i], newest[i] = string(w.Lane), w.Oldest, w.Newest
	}
	var batch pgx.Batch
	batch.Queue(claimSQL, lanes, oldest, newest, lease.Microseconds())
	batch.Queue(nextDispatchSQL, lanes)
	batch.Queue(topicsSQL)
	results := s.pool.SendBatch(ctx, &batch)
	defer results.Close()

	rows, err := results.Query()
	if err != nil {
		return Claim{}, fmt.Errorf("claim entries: %w", err)
	}
	entries, err := pgx.CollectRows(rows, scanClaimed)
	if err != nil {
		return Claim{}, fmt.Errorf("claim entries: %w", err)
	}
	var next int64
	if err := results.QueryRow().Scan(&next); err != nil {
		return Claim{}, fmt.Errorf("claim entries: %w", err)
	}
	topicRows, err := results.Query()
	if err != nil {
		return Claim{}, fmt.Errorf("claim entries: %w", err)
	}
	topics, err := collectTopics(topicRows)
	if err != nil {
		return Claim{}, fmt.Errorf("claim entries: %w", err)
	}
	if err := results.Close(); err != nil {
		return Claim{}, fmt.Errorf("claim entries: %w", err)
	}
	slices.SortFunc(entries, func(a, b Claimed) int { return a.Due.Compare(b.Due) })
	return Claim{Entries: entries, Next: time.Duration(next) * time.Microsecond, Topics: newTopics(topics)}, nil
}

func scanClaimed(row pgx.CollectableRow) (c Claimed, err error) {
	var wait int64
	err = row.Scan(&c.ID, &c.Lane, &c.Topic, &c.Ref, &c.Created, &c.Due, &c.Data, &c.DataLeftOut,
		&c.ArmedBy, &c.Traceparent, &c.Generation, &c.Attempts, &c.Slow, &wait)
	c.Wait = time.Duration(wait) * time.Microsecond
	return c, err
}

const dataSQL = `SELECT data::text FROM eventlog WHERE id = $1`

// Data reads the data of one entry, nil if it has none. The error is
// [pgx.ErrNoRows] if the entry is gone.
func (s *Store) Data(ctx context.Context, e *Entry) ([]byte, error) {
	var data []byte
	if err := s.pool.QueryRow(ctx, dataSQL, e.ID).Scan(&data); err != nil {
		return nil, fmt.Errorf("read data of entry: %w", err)
	}
	return data, nil
}
