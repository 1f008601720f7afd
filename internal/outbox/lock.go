package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// An async entry is looked at without locking its row: a worker would pass over
// it meanwhile. What is found is as of the lock on the row, so that of two who
// come at the same time the second sees what the first did.
const lockSQL = `
WITH entry AS MATERIALIZED (
    SELECT
        id,
        lock_owner,
        lock_expires,
        lock_expires > clock_timestamp() AS held
    FROM eventlog
    WHERE id = $1
      AND topic <> 'async.event'
    FOR UPDATE
),
done AS (
    UPDATE eventlog e
    SET lock_owner   = $2,
        lock_expires = clock_timestamp() + $3::bigint * interval '1 microsecond',
        locked_at    = clock_timestamp()
    FROM entry f
    WHERE e.id = f.id
      AND f.held IS NOT TRUE
    RETURNING e.lock_expires
)
SELECT
    k.topic = 'async.event',
    f.id IS NOT NULL,
    coalesce(f.held, false),
    coalesce(f.lock_owner, ''),
    coalesce(d.lock_expires, f.lock_expires),
    d.lock_expires IS NOT NULL
FROM eventlog k
LEFT JOIN entry f ON true
LEFT JOIN done d ON true
WHERE k.id = $1`

// Lock gives an entry to an owner for the time of the lease and returns when the
// lock expires. A lock that has expired may be taken over. While anybody holds
// the entry, the owner itself included, the error is a [*LockedError]; it is
// [ErrAsync] or [ErrNotFound] otherwise.
//
// On a transaction the lock begins with the commit; until then others wait for
// the row.
func Lock(ctx context.Context, db DB, id uuid.UUID, owner string, lease time.Duration) (time.Time, error) {
	if err := checkLock(owner, lease); err != nil {
		return time.Time{}, fmt.Errorf("lock entry: %w", err)
	}
	state, err := changeLock(ctx, db, lockSQL, id, owner, lease.Microseconds())
	if err == nil {
		err = state.refusal()
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("lock entry: %w", err)
	}
	return *state.expires, nil
}

// maxLease bounds the lease of a lock.
const maxLease = 365 * 24 * time.Hour

// checkLock refuses, with an [ErrInvalid], a lock without an owner or an end.
func checkLock(owner string, lease time.Duration) error {
	switch {
	case owner == "":
		return fmt.Errorf("%w: the owner is missing", ErrInvalid)
	case len(owner) > maxName:
		return fmt.Errorf("%w: the owner may have %d bytes", ErrInvalid, maxName)
	case lease < time.Microsecond || lease > maxLease:
		return fmt.Errorf("%w: the lease must be positive, and a year at most", ErrInvalid)
	}
	return nil
}

// changeLock runs one of the statements here, which have the same columns.
func changeLock(ctx context.Context, db DB, sql string, args ...any) (state lockState, err error) {
	err = db.QueryRow(ctx, sql, args...).
		Scan(&state.async, &state.there, &state.held, &state.owner, &state.expires, &state.done)
	if errors.Is(err, pgx.ErrNoRows) {
		return state, ErrNotFound
	}
	return state, err
}

const extendSQL = `
WITH entry AS MATERIALIZED (
    SELECT
        id,
        lock_owner,
        lock_expires,
        lock_expires > clock_timestamp() AS held
    FROM eventlog
    WHERE id = $1
      AND topic <> 'async.event'
    FOR UPDATE
),
done AS (
    UPDATE eventlog e
    SET lock_expires = clock_timestamp() + $3::bigint * interval '1 microsecond',
        locked_at    = clock_timestamp()
    FROM entry f
    WHERE e.id = f.id
      AND f.held
      AND f.lock_owner = $2
    RETURNING e.lock_expires
)
SELECT
    k.topic = 'async.event',
    f.id IS NOT NULL,
    coalesce(f.held, false),
    coalesce(f.lock_owner, ''),
    coalesce(d.lock_expires, f.lock_expires),
    d.lock_expires IS NOT NULL
FROM eventlog k
LEFT JOIN entry f ON true
LEFT JOIN done d ON true
WHERE k.id = $1`

// Extend has the lock of an owner last for the time of the lease from now on,
// and returns when it expires. The owner must hold it: after it has expired the
// error is [ErrNotLocked], even if nobody has taken the entry. Others are
// [ErrNotYours], [ErrAsync] and [ErrNotFound].
func Extend(ctx context.Context, db DB, id uuid.UUID, owner string, lease time.Duration) (time.Time, error) {
	if err := checkLock(owner, lease); err != nil {
		return time.Time{}, fmt.Errorf("extend lock: %w", err)
	}
	state, err := changeLock(ctx, db, extendSQL, id, owner, lease.Microseconds())
	if err == nil {
		err = notYours(state.refusal())
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("extend lock: %w", err)
	}
	return *state.expires, nil
}
