package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Handover is an entry that the broker acknowledged: the message that is to
// prove it.
type Handover struct {
	ID         uuid.UUID
	Generation int
	// Stream and Sequence are where the broker has it.
	Stream   string
	Sequence uint64
	// Age is how long ago the broker acknowledged it, when it was read.
	Age time.Duration
}

const handedTopicsSQL = `
WITH RECURSIVE handed AS (
    (
        SELECT topic
        FROM eventlog
        WHERE stream_sequence IS NOT NULL
          AND topic > $1
        ORDER BY topic
        LIMIT 1
    )
    UNION ALL
    SELECT n.topic
    FROM handed h
    CROSS JOIN LATERAL (
        SELECT e.topic
        FROM eventlog e
        WHERE e.stream_sequence IS NOT NULL
          AND e.topic > h.topic
        ORDER BY e.topic
        LIMIT 1
    ) n
)
SELECT topic
FROM handed
LIMIT $2`

// handedTopics returns the topics with entries that were handed over, after the
// given one, at most sweepLimit.
func (s *Store) handedTopics(ctx context.Context, after string) ([]string, error) {
	return s.texts(ctx, "find topics with handovers", handedTopicsSQL, after, sweepLimit)
}

// What a client holds is in use.
const handoversSQL = `
SELECT
    e.id,
    e.generation,
    e.stream,
    e.stream_sequence,
    (extract(epoch FROM now() - e.published_at) * 1000000)::bigint
FROM unnest($1::text[], $2::bigint[]) AS x (topic, grace)
CROSS JOIN LATERAL (
    SELECT
        id,
        generation,
        stream,
        stream_sequence,
        published_at
    FROM eventlog
    WHERE topic = x.topic
      AND stream_sequence IS NOT NULL
      AND published_at <= now() - x.grace * interval '1 microsecond'
      AND (lock_expires IS NULL OR lock_expires <= now())
      AND stream <> ALL($4::text[])
    ORDER BY published_at
    LIMIT $3
) e`

// handovers returns entries whose grace is over, but for those in some streams,
// up to a limit of each topic, the oldest first.
func (s *Store) handovers(ctx context.Context, topics []Topic, except []string, limit int) ([]Handover, error) {
	names, graces := make([]string, len(topics)), make([]int64, len(topics))
	for i, t := range topics {
		names[i], graces[i] = t.Pattern, t.Grace.Microseconds()
	}
	rows, err := s.pool.Query(ctx, handoversSQL, names, graces, limit, except)
	if err != nil {
		return nil, fmt.Errorf("find handovers: %w", err)
	}
	handovers, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h Handover, err error) {
		var age int64
		err = row.Scan(&h.ID, &h.Generation, &h.Stream, &h.Sequence, &age)
		h.Age = time.Duration(age) * time.Microsecond
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("find handovers: %w", err)
	}
	return handovers, nil
}

// The sequence is compared in a way that no index knows: by the statistics of a
// moment without handovers the planner would read all that were handed over.
const removeHandedSQL = `
WITH free AS MATERIALIZED (
    SELECT e.id
    FROM unnest($1::uuid[], $2::integer[], $3::bigint[]) AS x (id, generation, sequence)
    JOIN eventlog e ON e.id = x.id
    WHERE e.generation = x.generation
      AND coalesce(e.stream_sequence, 0) = x.sequence
      AND (e.lock_expires IS NULL OR e.lock_expires <= clock_timestamp())
    FOR UPDATE OF e SKIP LOCKED
)
DELETE FROM eventlog e
USING free f
WHERE e.id = f.id`

const handOverAgainSQL = `
WITH free AS MATERIALIZED (
    SELECT e.id
    FROM unnest($1::uuid[], $2::integer[], $3::bigint[]) AS x (id, generation, sequence)
    JOIN eventlog e ON e.id = x.id
    WHERE e.generation = x.generation
      AND coalesce(e.stream_sequence, 0) = x.sequence
    FOR UPDATE OF e SKIP LOCKED
)
UPDATE eventlog e
SET dispatch_at     = clock_timestamp(),
    published_at    = NULL,
    stream          = NULL,
    stream_sequence = NULL
FROM free f
WHERE e.id = f.id`

// It stays, as a copy that somebody has to remove: publishing it again would only
// push out the next.
const keepRemovedSQL = `
WITH free AS MATERIALIZED (
    SELECT e.id
    FROM unnest($1::uuid[], $2::integer[], $3::bigint[]) AS x (id, generation, sequence)
    JOIN eventlog e ON e.id = x.id
    WHERE e.generation = x.generation
      AND coalesce(e.stream_sequence, 0) = x.sequence
    FOR UPDATE OF e SKIP LOCKED
)
UPDATE eventlog e
SET last_error      = 'handed over, but the limits of the stream ' || e.stream || ' removed the message before that was proved',
    last_failure    = clock_timestamp(),
    stream          = NULL,
    stream_sequence = NULL
FROM free f
WHERE e.id = f.id`

// settleHandovers runs one of the statements above. What has changed since
// the handover was read is left alone.
func (s *Store) settleHandovers(ctx context.Context, sql string, handovers []Handover) (int, error) {
	if len(handovers) == 0 {
		return 0, nil
	}
	n := len(handovers)
	ids, generations, sequences := make([]uuid.UUID, n), make([]int, n), make([]int64, n)
	for i, h := range handovers {
		ids[i], generations[i] = h.ID, h.Generation
		sequences[i] = int64(h.Sequence) //nolint:gosec // it came from such a column
	}
	tag, err := s.pool.Exec(ctx, sql, ids, generations, sequences)
	if err != nil {
		return 0, fmt.Errorf("settle handovers: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

const keepHandedSQL = `
WITH free AS MATERIALIZED (
    SELECT id
    FROM eventlog
    WHERE topic = ANY($1::text[])
      AND stream_sequence IS NOT NULL
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE eventlog e
SET stream          = NULL,
    stream_sequence = NULL
FROM free f
WHERE e.id = f.id`

// keepHanded makes the handed over entries of topics, which are not for handover
// any more, copies that were published. It returns how many, at most sweepLimit.
func (s *Store) keepHanded(ctx context.Context, topics []string) (int, error) {
	if len(topics) == 0 {
		return 0, nil
	}
	tag, err := s.pool.Exec(ctx, keepHandedSQL, topics, sweepLimit)
	if err != nil {
		return 0, fmt.Errorf("keep handovers: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
