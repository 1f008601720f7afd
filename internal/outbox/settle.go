package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Nobody waits here for a row that another session has locked: one such row
// would hold up all the others. What is locked keeps its lease, and is looked at
// again when it ends.
//
// Only a topic that is on hold is parked: the policy may have changed since the
// relay read it.
const postponeSQL = `
WITH free AS MATERIALIZED (
    SELECT
        e.id,
        x.wait
    FROM unnest($1::uuid[], $2::integer[], $3::bigint[]) AS x (id, generation, wait)
    JOIN eventlog e ON e.id = x.id
    WHERE e.generation = x.generation
      AND e.dispatched_at IS NOT NULL
    FOR UPDATE OF e SKIP LOCKED
)
UPDATE eventlog e
SET dispatch_at   = CASE
        WHEN f.wait = -1 AND eventlog_policy(e.topic) <> 'hold' THEN clock_timestamp()
        WHEN f.wait >= 0 THEN clock_timestamp() + f.wait * interval '1 microsecond'
    END,
    dispatched_at = NULL
FROM free f
WHERE e.id = f.id`

// OnHold is the wait of an entry whose topic is on hold: no relay looks at it
// again until that has changed.
const OnHold time.Duration = -1

// Postponement is when an entry that was claimed is to be looked at again.
type Postponement struct {
	ID         uuid.UUID
	Generation int
	// Wait counts from the moment it is written, by the database's clock.
	Wait time.Duration
}

// Postpone ends leases before their time: the broker has no message of these
// entries. An entry that was claimed again meanwhile, fired, or is gone, is left
// alone.
func (s *Store) Postpone(ctx context.Context, entries []Postponement) error {
	if len(entries) == 0 {
		return nil
	}
	ids, generations, waits := make([]uuid.UUID, len(entries)), make([]int, len(entries)), make([]int64, len(entries))
	for i, e := range entries {
		ids[i], generations[i] = e.ID, e.Generation
		waits[i] = int64(e.Wait) // the one that is no duration
		if e.Wait >= 0 {
			waits[i] = e.Wait.Microseconds()
		}
	}
	if _, err := s.pool.Exec(ctx, postponeSQL, ids, generations, waits); err != nil {
		return fmt.Errorf("postpone entries: %w", err)
	}
	return nil
}

const markPublishedSQL = `
WITH free AS MATERIALIZED (
    SELECT
        e.id,
        x.stream,
        x.sequence
    FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::bigint[]) AS x (id, generation, stream, sequence)
    JOIN eventlog e ON e.id = x.id
    WHERE e.generation = x.generation
    FOR UPDATE OF e SKIP LOCKED
)
UPDATE eventlog e
SET dispatch_at     = NULL,
    dispatched_at   = NULL,
    published_at    = clock_timestamp(),
    stream          = nullif(f.stream, ''),
    stream_sequence = nullif(f.sequence, 0)
FROM free f
WHERE e.id = f.id`

// Publication is an entry that the broker has acknowledged.
type Publication struct {
	ID         uuid.UUID
	Generation int
	// Stream and Sequence are where a handover is, "" and 0 for a copy.
	Stream   string
	Sequence uint64
}

// MarkPublished ends the leases of entries that need no worker: nobody publishes
// them again. An entry that was claimed again meanwhile, or is locked by another
// session, keeps its lease and is published once more.
func (s *Store) MarkPublished(ctx context.Context, published []Publication) error {
	if len(published) == 0 {
		return nil
	}
	n := len(published)
	ids, generations, streams, sequences := make([]uuid.UUID, n), make([]int, n), make([]string, n), make([]int64, n)
	for i, p := range published {
		ids[i], generations[i], streams[i] = p.ID, p.Generation, p.Stream
		sequences[i] = int64(p.Sequence) //nolint:gosec // no stream has counted that far
	}
	if _, err := s.pool.Exec(ctx, markPublishedSQL, ids, generations, streams, sequences); err != nil {
		return fmt.Errorf("mark entries published: %w", err)
	}
	return nil
}

// Failure is an attempt that failed.
type Failure struct {
	ID uuid.UUID
	// Generation is the dispatch that failed: if there was another since, or the
	// entry was fired, nothing is recorded. 0 is for any.
	Generation int
	Error      string
	// Pause is the time until the next attempt.
	Pause time.Duration
	// Counted says that the attempt is in the entry's count already.
	Counted bool
}

// Who is late must not give a time to what another has published meanwhile.
const failSQL = `
WITH free AS MATERIALIZED (
    SELECT
        e.id,
        x.error,
        x.pause,
        x.counted
    FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::bigint[], $5::boolean[]) AS x (id, generation, error, pause, counted)
    JOIN eventlog e ON e.id = x.id
    WHERE e.published_at IS NULL
      AND (x.generation = 0 OR e.generation = x.generation AND e.dispatched_at IS NOT NULL)
    FOR UPDATE OF e SKIP LOCKED
)
UPDATE eventlog e
SET attempts      = e.attempts + CASE WHEN f.counted THEN 0 ELSE 1 END,
    attempting    = false,
    last_error    = f.error,
    first_failure = coalesce(e.first_failure, clock_timestamp()),
    last_failure  = clock_timestamp(),
    dispatch_at   = clock_timestamp() + f.pause * interval '1 microsecond',
    dispatched_at = NULL
FROM free f
WHERE e.id = f.id
RETURNING e.id`

// Fail records failed attempts with their errors and sets the time of the next.
// The entries stay; how often they failed never removes them. It returns which
// it recorded: all but those that are gone or published, or locked by another
// session, or of a generation that is past.
func (s *Store) Fail(ctx context.Context, failures []Failure) (map[uuid.UUID]bool, error) {
	if len(failures) == 0 {
		return nil, nil
	}
	n := len(failures)
	ids, generations, errs := make([]uuid.UUID, n), make([]int, n), make([]string, n)
	pauses, counted := make([]int64, n), make([]bool, n)
	for i, f := range failures {
		ids[i], generations[i], errs[i] = f.ID, f.Generation, storable(f.Error)
		pauses[i], counted[i] = f.Pause.Microseconds(), f.Counted
	}
	recorded, err := collectIDs(ctx, s.pool, failSQL, ids, generations, errs, pauses, counted)
	if err != nil {
		return nil, fmt.Errorf("record failures: %w", err)
	}
	return recorded, nil
}

// collectIDs runs a statement that returns ids.
func collectIDs(ctx context.Context, db DB, sql string, args ...any) (map[uuid.UUID]bool, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	ids := map[uuid.UUID]bool{}
	var id uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error { ids[id] = true; return nil })
	return ids, err
}

// An attempt that another finds begun has not come to an end.
const beginAttemptSQL = `
WITH free AS MATERIALIZED (
    SELECT id
    FROM eventlog
    WHERE id = $1
    FOR UPDATE SKIP LOCKED
)
UPDATE eventlog e
SET attempts      = e.attempts + 1,
    attempting    = true,
    last_error    = CASE
        WHEN e.attempting THEN 'the attempt did not end: its process was killed, or lost its connection'
        ELSE e.last_error
    END,
    first_failure = CASE WHEN e.attempting THEN coalesce(e.first_failure, clock_timestamp()) ELSE e.first_failure END,
    last_failure  = CASE WHEN e.attempting THEN clock_timestamp() ELSE e.last_failure END
FROM free f
WHERE e.id = f.id
RETURNING e.attempts`

const existsSQL = `SELECT EXISTS (SELECT FROM eventlog WHERE id = $1)`

// ErrLocked says that another session has locked the entry.
var ErrLocked = errors.New("the entry is locked")

// BeginAttempt counts an attempt before it is made, so that an entry that kills
// its process is found out. It returns the number of the attempt, 0 if the entry
// is gone, or [ErrLocked].
func (s *Store) BeginAttempt(ctx context.Context, id uuid.UUID) (int, error) {
	attempt := 0
	err := s.pool.QueryRow(ctx, beginAttemptSQL, id).Scan(&attempt)
	if errors.Is(err, pgx.ErrNoRows) {
		exists := false
		if err = s.pool.QueryRow(ctx, existsSQL, id).Scan(&exists); err == nil && exists {
			return 0, ErrLocked
		}
	}
	if err != nil {
		return 0, fmt.Errorf("begin attempt: %w", err)
	}
	return attempt, nil
}

const withdrawAttemptSQL = `
WITH free AS MATERIALIZED (
    SELECT id
    FROM eventlog
    WHERE id = $1
      AND attempting
    FOR UPDATE SKIP LOCKED
)
UPDATE eventlog e
SET attempts   = greatest(e.attempts - 1, 0),
    attempting = false
FROM free f
WHERE e.id = f.id`

// WithdrawAttempt takes back an attempt that turned out to be none, because the
// workitem was busy, or Postgres could not be asked.
func (s *Store) WithdrawAttempt(ctx context.Context, id uuid.UUID) error {
	if _, err := s.pool.Exec(ctx, withdrawAttemptSQL, id); err != nil {
		return fmt.Errorf("withdraw attempt: %w", err)
	}
	return nil
}

const setApartSQL = `
WITH free AS MATERIALIZED (
    SELECT id
    FROM eventlog
    WHERE id = ANY($1::uuid[])
      AND dispatched_at IS NOT NULL
    FOR UPDATE SKIP LOCKED
)
UPDATE eventlog e
SET slow          = true,
    dispatch_at   = greatest(clock_timestamp(), e.due - interval '500 milliseconds'),
    dispatched_at = NULL
FROM free f
WHERE e.id = f.id`

// SetApart has entries dispatched again, at once, to be handled alone. One that
// is not dispatched, but waits for its time, is left as it is.
func (s *Store) SetApart(ctx context.Context, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := s.pool.Exec(ctx, setApartSQL, ids); err != nil {
		return fmt.Errorf("set entries apart: %w", err)
	}
	return nil
}

const giveBackSQL = `
WITH free AS MATERIALIZED (
    SELECT id
    FROM eventlog
    WHERE id = ANY($1::uuid[])
      AND dispatched_at IS NOT NULL
    FOR UPDATE SKIP LOCKED
),
given AS (
    UPDATE eventlog e
    SET dispatch_at   = greatest(clock_timestamp() + $2::bigint * interval '1 microsecond', e.due - interval '30 seconds'),
        dispatched_at = NULL
    FROM free f
    WHERE e.id = f.id
)
-- what keeps its lease, because it is locked
SELECT e.id
FROM eventlog e
WHERE e.id = ANY($1::uuid[])
  AND e.dispatched_at IS NOT NULL
  AND e.dispatch_at > now()
  AND NOT EXISTS (SELECT FROM free f WHERE f.id = e.id)`

// GiveBack ends the leases of entries that a worker had and will not handle now:
// they are dispatched again after the pause, or later if they are not due by
// then. One that is gone, or not dispatched, is left as it is. It returns the
// entries whose message is of no more use: all but those that still have their
// lease because another session has locked them.
func (s *Store) GiveBack(ctx context.Context, ids []uuid.UUID, pause time.Duration) (map[uuid.UUID]bool, error) {
	settled := make(map[uuid.UUID]bool, len(ids))
	if len(ids) == 0 {
		return settled, nil
	}
	locked, err := collectIDs(ctx, s.pool, giveBackSQL, ids, pause.Microseconds())
	if err != nil {
		return nil, fmt.Errorf("give entries back: %w", err)
	}
	for _, id := range ids {
		settled[id] = !locked[id]
	}
	return settled, nil
}

// storable makes an error message a text that Postgres takes, and bounds it.
func storable(message string) string {
	const limit = 4000
	message = strings.ReplaceAll(strings.ToValidUTF8(message, "\uFFFD"), "\x00", "\uFFFD")
	if len(message) > limit {
		message = strings.ToValidUTF8(message[:limit], "") + " …"
	}
	return message
}
