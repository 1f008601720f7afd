package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ReasonStale is the reason of a discard: the workitem has been processed since.
const ReasonStale = "stale"

// An entry that another session has locked is not waited for: the workitems of a
// whole batch are locked here.
const removeSQL = `
WITH free AS MATERIALIZED (
    SELECT id
    FROM eventlog
    WHERE id = ANY($1::uuid[])
      AND due <= clock_timestamp()
    FOR UPDATE SKIP LOCKED
)
DELETE FROM eventlog e
USING free f
WHERE e.id = f.id
RETURNING e.id`

// Remove deletes those of the entries that are due, by the database's clock, and
// that nobody else has locked, and returns which it deleted. On a transaction
// that holds the lock on what the entries are about, a returned id is the proof
// that this transaction, and no other, takes the effect of the entry: the
// statement must start after the lock is held.
func Remove(ctx context.Context, db DB, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	if len(ids) == 0 {
		return map[uuid.UUID]bool{}, nil
	}
	removed, err := collectIDs(ctx, db, removeSQL, ids)
	if err != nil {
		return nil, fmt.Errorf("remove entries: %w", err)
	}
	return removed, nil
}

// Move says that a processing moved a workitem on.
type Move struct {
	Ref string
	// TransactionID is the $transactionid that the workitem now has.
	TransactionID string
}

// An entry that nobody armed has no armed_by and is left alone, whatever its
// ref and its topic. One that another session has locked stays: a worker will
// find it stale.
const discardArmedSQL = `
WITH removed AS (
    DELETE FROM eventlog e
    USING (
        SELECT
            f.id,
            x.transaction_id
        FROM unnest($1::text[], $2::text[]) AS x (ref, transaction_id)
        JOIN eventlog f ON f.ref = x.ref
        WHERE f.armed_by IS NOT NULL
        FOR UPDATE OF f SKIP LOCKED
    ) m
    WHERE e.id = m.id
    RETURNING e.id, e.topic, e.ref, e.due, e.data, e.armed_by, m.transaction_id
)
INSERT INTO eventlog_discarded (id, topic, ref, due, data, reason, armed_by, transaction_id)
SELECT id, topic, ref, due, data, $3, armed_by, transaction_id
FROM removed`

// DiscardArmed removes the entries that earlier processings of these workitems
// armed, and records each as stale; it returns how many. It runs on the
// transaction that moves the workitems on, before the new entries are written.
func DiscardArmed(ctx context.Context, db DB, moves []Move) (int, error) {
	if len(moves) == 0 {
		return 0, nil
	}
	refs, transactions := make([]string, len(moves)), make([]string, len(moves))
	for i, m := range moves {
		refs[i], transactions[i] = m.Ref, m.TransactionID
	}
	tag, err := db.Exec(ctx, discardArmedSQL, refs, transactions, ReasonStale)
	if err != nil {
		return 0, fmt.Errorf("discard armed entries: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// Stale is an entry that lost its workitem's state to a later processing.
type Stale struct {
	ID uuid.UUID
	// Expected is the $transactionid that the entry carries.
	Expected string
	// Found is the workitem's.
	Found string
}

const discardStaleSQL = `
WITH removed AS (
    DELETE FROM eventlog e
    USING (
        SELECT
            f.id,
            x.expected,
            x.found
        FROM unnest($1::uuid[], $2::text[], $3::text[]) AS x (id, expected, found)
        JOIN eventlog f ON f.id = x.id
        FOR UPDATE OF f SKIP LOCKED
    ) s
    WHERE e.id = s.id
    RETURNING e.id, e.topic, e.ref, e.due, e.data, s.expected, s.found
)
INSERT INTO eventlog_discarded (id, topic, ref, due, data, reason, armed_by, transaction_id)
SELECT id, topic, ref, due, data, $4, expected, found
FROM removed
RETURNING id`

// DiscardStale removes entries found to be stale and records them. It returns
// which: all but those that are gone, or locked by another session.
func DiscardStale(ctx context.Context, db DB, stale []Stale) (map[uuid.UUID]bool, error) {
	if len(stale) == 0 {
		return nil, nil
	}
	ids, expected, found := make([]uuid.UUID, len(stale)), make([]string, len(stale)), make([]string, len(stale))
	for i, s := range stale {
		ids[i], expected[i], found[i] = s.ID, s.Expected, s.Found
	}
	discarded, err := collectIDs(ctx, db, discardStaleSQL, ids, expected, found, ReasonStale)
	if err != nil {
		return nil, fmt.Errorf("discard stale entries: %w", err)
	}
	return discarded, nil
}

const purgeDiscardedSQL = `
DELETE FROM eventlog_discarded
WHERE ctid = ANY (ARRAY(
    SELECT ctid
    FROM eventlog_discarded
    WHERE discarded < clock_timestamp() - $1::bigint * interval '1 microsecond'
    ORDER BY discarded
    LIMIT 10000
    FOR UPDATE SKIP LOCKED
))`

// PurgeDiscarded deletes the oldest records of discards that are older than
// keep, at most ten thousand at a time, and returns how many.
func (s *Store) PurgeDiscarded(ctx context.Context, keep time.Duration) (int, error) {
	tag, err := s.pool.Exec(ctx, purgeDiscardedSQL, keep.Microseconds())
	if err != nil {
		return 0, fmt.Errorf("purge discarded entries: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
