package outbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// line is where the entries of an ordered topic wait for each other: those of
// one ref, among the topics of one pattern, by due time and id. The first that
// is not published is its head; only the head is published.
//
// What is behind is parked: no claim passes over it. Who publishes the head then
// makes the next one ready. The two must not miss each other, without a lock:
// whoever has parked looks, after that is committed, whether the head has gone
// meanwhile; whoever has published looks, after that is committed, for what is
// parked. One of them sees the other. A head that is removed instead of
// published is noticed by the housekeeper.
type line struct {
	pattern, ref string
}

// firstInLine parks the entries that are behind another in their line, and
// returns the rest of the dispatches.
func (r *Relay) firstInLine(ctx context.Context, dispatches []Dispatch, round *Round) ([]Dispatch, error) {
	var ordered []Dispatch
	for _, d := range dispatches {
		if d.line != "" {
			ordered = append(ordered, d)
		}
	}
	if len(ordered) == 0 {
		return dispatches, nil
	}
	behind, err := r.store.parkBehind(ctx, ordered)
	if err != nil {
		return nil, err
	}
	var lines []line
	first := dispatches[:0:len(dispatches)]
	for _, d := range dispatches {
		if behind[d.ID] {
			lines = append(lines, line{pattern: d.line, ref: d.Ref})
			round.Behind++
		} else {
			first = append(first, d)
		}
	}
	return first, r.moveOn(ctx, lines, round)
}

// moveOn makes the heads of these lines ready, to be claimed in the next round.
func (r *Relay) moveOn(ctx context.Context, lines []line, round *Round) error {
	ready, err := r.store.readyHeads(ctx, lines)
	if ready > 0 {
		round.Pause = 0
	}
	return err
}

// An entry that another session has locked is behind all the same: it keeps its
// lease.
const parkBehindSQL = `
WITH behind AS MATERIALIZED (
    SELECT
        e.id,
        e.generation
    FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS x (id, generation, pattern)
    JOIN eventlog e ON e.id = x.id
    CROSS JOIN LATERAL (
        SELECT
        FROM eventlog p
        WHERE p.ref = e.ref
          AND p.topic <> 'async.event'
          AND p.published_at IS NULL
          AND (p.due, p.id) < (e.due, e.id)
          AND eventlog_pattern(p.topic) = x.pattern
        ORDER BY p.due, p.id
        LIMIT 1
    ) p
    WHERE e.generation = x.generation
),
free AS MATERIALIZED (
    SELECT e.id
    FROM behind b
    JOIN eventlog e ON e.id = b.id AND e.generation = b.generation
    FOR UPDATE OF e SKIP LOCKED
),
parked AS (
    UPDATE eventlog e
    SET dispatch_at   = NULL,
        dispatched_at = NULL
    FROM free f
    WHERE e.id = f.id
)
SELECT id
FROM behind`

// parkBehind parks those of the entries that are not the head of their line, and
// returns them.
func (s *Store) parkBehind(ctx context.Context, dispatches []Dispatch) (map[uuid.UUID]bool, error) {
	n := len(dispatches)
	ids, generations, patterns := make([]uuid.UUID, n), make([]int, n), make([]string, n)
	for i, d := range dispatches {
		ids[i], generations[i], patterns[i] = d.ID, d.Generation, d.line
	}
	behind, err := collectIDs(ctx, s.pool, parkBehindSQL, ids, generations, patterns)
	if err != nil {
		return nil, fmt.Errorf("park entries behind others: %w", err)
	}
	return behind, nil
}

// A head that has its time already, or is under a lease, is no matter of ours.
const readyHeadsSQL = `
WITH head AS MATERIALIZED (
    SELECT h.id
    FROM (
        SELECT DISTINCT
            pattern,
            ref
        FROM unnest($1::text[], $2::text[]) AS x (pattern, ref)
    ) x
    CROSS JOIN LATERAL (
        SELECT
            e.id,
            e.dispatch_at
        FROM eventlog e
        WHERE e.ref = x.ref
          AND e.topic <> 'async.event'
          AND e.published_at IS NULL
          AND eventlog_pattern(e.topic) = x.pattern
        ORDER BY e.due, e.id
        LIMIT 1
    ) h
    WHERE h.dispatch_at IS NULL
),
free AS MATERIALIZED (
    SELECT e.id
    FROM head h
    JOIN eventlog e ON e.id = h.id
    WHERE e.dispatch_at IS NULL
      AND e.published_at IS NULL
    FOR UPDATE OF e SKIP LOCKED
)
UPDATE eventlog e
SET dispatch_at = e.due
FROM free f
WHERE e.id = f.id`

// readyHeads gives the heads of lines that are parked their time, and returns
// how many.
func (s *Store) readyHeads(ctx context.Context, lines []line) (int, error) {
	if len(lines) == 0 {
		return 0, nil
	}
	patterns, refs := make([]string, len(lines)), make([]string, len(lines))
	for i, l := range lines {
		patterns[i], refs[i] = l.pattern, l.ref
	}
	tag, err := s.pool.Exec(ctx, readyHeadsSQL, patterns, refs)
	if err != nil {
		return 0, fmt.Errorf("make heads of lines ready: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
