package outbox

import (
	"context"
	"fmt"
	"time"

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

// linesTimeout bounds a look at lines: it reads an entry of each topic of a ref,
// and other lanes wait for it.
const linesTimeout = 2 * time.Second

// linesFailedPause is how long ordered entries stay back whose lines could not be
// looked at.
const linesFailedPause = 5 * time.Second

// firstInLine parks the ordered entries that are behind another in their line,
// and returns the rest. If that cannot be found out, all of them stay back for a
// while: nothing else is to suffer from it.
func (s *settlement) firstInLine(ctx context.Context, ordered []Dispatch) []Dispatch {
	if len(ordered) == 0 {
		return nil
	}
	behind, err := s.relay.store.parkBehind(ctx, ordered)
	if err != nil {
		s.errs = append(s.errs, err)
		s.giveBack(ordered, linesFailedPause)
		return nil
	}
	var lines []line
	first := ordered[:0:len(ordered)]
	for _, d := range ordered {
		if behind[d.ID] {
			lines = append(lines, line{pattern: d.line, ref: d.Ref})
			s.round.Behind++
		} else {
			first = append(first, d)
		}
	}
	s.moveOn(ctx, lines)
	return first
}

// moveOn makes the heads of these lines ready, to be claimed in the next round.
// What is missed the housekeeper finds.
func (s *settlement) moveOn(ctx context.Context, lines []line) {
	ready, err := s.relay.store.readyHeads(ctx, lines)
	if err != nil {
		s.errs = append(s.errs, err)
	}
	if ready > 0 {
		s.round.Pause = 0
	}
}

// The walk goes from topic to topic of a ref, as far as they begin like the
// pattern, and reads the first entry of each: what else waits there, on hold
// perhaps, costs nothing. A longer pattern may take a topic away.
//
// An entry that another session has locked is behind all the same: it keeps its
// lease.
const parkBehindSQL = `
WITH line AS MATERIALIZED (
    SELECT
        pattern,
        ref,
        array_agg(id) AS ids,
        array_agg(generation) AS generations
    FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[]) AS x (id, generation, pattern, ref)
    GROUP BY pattern, ref
),
behind AS MATERIALIZED (
    SELECT
        e.id,
        e.generation
    FROM line l
    CROSS JOIN LATERAL (
        WITH RECURSIVE walk AS (
            (
                SELECT
                    e.topic,
                    e.due,
                    e.id
                FROM eventlog e
                WHERE e.ref = l.ref
                  AND e.topic <> 'async.event'
                  AND e.published_at IS NULL
                  AND e.topic COLLATE "C" >= CASE WHEN right(l.pattern, 1) = '*' THEN left(l.pattern, -1) ELSE l.pattern END
                ORDER BY e.topic COLLATE "C", e.due, e.id
                LIMIT 1
            )
            UNION ALL
            SELECT n.*
            FROM walk w
            CROSS JOIN LATERAL (
                SELECT
                    e.topic,
                    e.due,
                    e.id
                FROM eventlog e
                WHERE e.ref = l.ref
                  AND e.topic <> 'async.event'
                  AND e.published_at IS NULL
                  AND e.topic COLLATE "C" > w.topic
                ORDER BY e.topic COLLATE "C", e.due, e.id
                LIMIT 1
            ) n
            WHERE right(l.pattern, 1) = '*'
              AND starts_with(w.topic, left(l.pattern, -1))
        )
        SELECT w.*
        FROM (
            SELECT *
            FROM walk
            ORDER BY due, id
            OFFSET 0 -- sorted first: of most topics nobody asks for the pattern
        ) w
        WHERE w.topic = l.pattern
           OR starts_with(w.topic, left(l.pattern, -1)) AND eventlog_pattern(w.topic) = l.pattern
        LIMIT 1
    ) h
    CROSS JOIN LATERAL unnest(l.ids, l.generations) AS c (id, generation)
    JOIN eventlog e ON e.id = c.id
    WHERE e.generation = c.generation
      AND (h.due, h.id) < (e.due, e.id)
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
	ctx, cancel := context.WithTimeout(ctx, linesTimeout)
	defer cancel()
	n := len(dispatches)
	ids, generations, patterns, refs := make([]uuid.UUID, n), make([]int, n), make([]string, n), make([]string, n)
	for i, d := range dispatches {
		ids[i], generations[i], patterns[i], refs[i] = d.ID, d.Generation, d.line, d.Ref
	}
	behind, err := collectIDs(ctx, s.pool, parkBehindSQL, ids, generations, patterns, refs)
	if err != nil {
		return nil, fmt.Errorf("park entries behind others: %w", err)
	}
	return behind, nil
}

// The same walk. A head that has its time already, or is under a lease, is no
// matter of ours.
const readyHeadsSQL = `
WITH head AS MATERIALIZED (
    SELECT h.id
    FROM (
        SELECT DISTINCT
            pattern,
            ref
        FROM unnest($1::text[], $2::text[]) AS x (pattern, ref)
    ) l
    CROSS JOIN LATERAL (
        WITH RECURSIVE walk AS (
            (
                SELECT
                    e.topic,
                    e.due,
                    e.id,
                    e.dispatch_at
                FROM eventlog e
                WHERE e.ref = l.ref
                  AND e.topic <> 'async.event'
                  AND e.published_at IS NULL
                  AND e.topic COLLATE "C" >= CASE WHEN right(l.pattern, 1) = '*' THEN left(l.pattern, -1) ELSE l.pattern END
                ORDER BY e.topic COLLATE "C", e.due, e.id
                LIMIT 1
            )
            UNION ALL
            SELECT n.*
            FROM walk w
            CROSS JOIN LATERAL (
                SELECT
                    e.topic,
                    e.due,
                    e.id,
                    e.dispatch_at
                FROM eventlog e
                WHERE e.ref = l.ref
                  AND e.topic <> 'async.event'
                  AND e.published_at IS NULL
                  AND e.topic COLLATE "C" > w.topic
                ORDER BY e.topic COLLATE "C", e.due, e.id
                LIMIT 1
            ) n
            WHERE right(l.pattern, 1) = '*'
              AND starts_with(w.topic, left(l.pattern, -1))
        )
        SELECT w.*
        FROM (
            SELECT *
            FROM walk
            ORDER BY due, id
            OFFSET 0 -- sorted first: of most topics nobody asks for the pattern
        ) w
        WHERE w.topic = l.pattern
           OR starts_with(w.topic, left(l.pattern, -1)) AND eventlog_pattern(w.topic) = l.pattern
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
	ctx, cancel := context.WithTimeout(ctx, linesTimeout)
	defer cancel()
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
