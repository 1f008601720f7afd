package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrInvalid is the error of an entry that cannot be written: no topic, no ref,
// a negative delay, data that are too large or no JSON. The message says which.
var ErrInvalid = errors.New("invalid event log entry")

// ErrKeyReused says that the idempotency key was used for an entry with another
// content.
var ErrKeyReused = errors.New("the idempotency key was used for another entry")

const createSQL = `
SELECT
    id,
    is_new
FROM eventlog_create_once(
    topic           => $1,
    ref             => $2,
    data            => $3,
    delay           => $4::interval,
    due             => $5,
    idempotency_key => nullif($6, ''),
    traceparent     => nullif($7, '')
)`

// Create writes one entry and returns its id. It is [CreateOnce] for whom it
// does not matter whether the entry is new.
func Create(ctx context.Context, db DB, e NewEntry) (uuid.UUID, error) {
	id, _, err := CreateOnce(ctx, db, e)
	return id, err
}

// CreateOnce writes one entry and returns its id and whether it is new: under an
// idempotency key that was used before it returns the entry of that time, which
// may be gone. With another content the same key is an [ErrKeyReused]. While
// another transaction creates under the same key it waits for its end.
//
// On a transaction the entry becomes visible with its commit, and relays are
// notified with it. The checks are those of the SQL function
// eventlog_create_once, which it calls; what that refuses is an [ErrInvalid], and
// the transaction is aborted as after any SQL error.
func CreateOnce(ctx context.Context, db DB, e NewEntry) (id uuid.UUID, isNew bool, err error) {
	var delay *time.Duration
	var due *time.Time
	if e.Due.IsZero() {
		delay = &e.Delay
	} else {
		due = &e.Due
	}
	err = db.QueryRow(ctx, createSQL, e.Topic, e.Ref, jsonText(e.Data), delay, due, e.IdempotencyKey, e.Traceparent).Scan(&id, &isNew)
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("create entry: %w", invalidEntry(err))
	}
	return id, isNew, nil
}

// uniqueViolation is the SQLSTATE of a key that is there already.
const uniqueViolation = "23505"

// invalidEntry turns SQL errors of the data exception class (22) into
// ErrInvalid, and that of a key with another content into ErrKeyReused.
func invalidEntry(err error) error {
	var pg *pgconn.PgError
	switch {
	case !errors.As(err, &pg):
		return err
	case strings.HasPrefix(pg.Code, "22"):
		return fmt.Errorf("%w: %s", ErrInvalid, pg.Message)
	case pg.Code == uniqueViolation:
		return ErrKeyReused
	}
	return err
}

const insertSQL = `
INSERT INTO eventlog (
    topic,
    ref,
    due,
    data,
    armed_by,
    traceparent,
    dispatch_at
)
SELECT
    x.topic,
    x.ref,
    f.due,
    x.data::json,
    nullif(x.armed_by, ''),
    nullif(x.traceparent, ''),
    CASE
        -- the policy of most entries, not looked up
        WHEN x.topic = 'async.event' THEN eventlog_dispatch_at('async', f.due)
        ELSE eventlog_dispatch_at(eventlog_policy(x.topic), f.due)
    END
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
    AS x (topic, ref, delay, due, data, armed_by, traceparent)
CROSS JOIN LATERAL (
    SELECT coalesce(x.due, clock_timestamp() + x.delay * interval '1 microsecond') AS due
) f`

// Insert writes entries in one statement, on a transaction together with the
// state that arms them. The caller has checked them, see [NewEntry.Check].
// Relays are not notified: NOTIFY would serialise the
// commits of all workers (docs/adr/0006-wake-up.md); whoever commits rings.
func Insert(ctx context.Context, db DB, entries []NewEntry) error {
	if len(entries) == 0 {
		return nil
	}
	n := len(entries)
	topics, refs, armedBy := make([]string, n), make([]string, n), make([]string, n)
	data, traces := make([]*string, n), make([]string, n)
	delays, dues := make([]int64, n), make([]*time.Time, n)
	for i := range entries {
		e := &entries[i]
		topics[i], refs[i], armedBy[i], traces[i] = e.Topic, e.Ref, e.ArmedBy, e.Traceparent
		data[i] = jsonText(e.Data)
		delays[i] = e.Delay.Microseconds()
		if !e.Due.IsZero() {
			dues[i] = &e.Due
		}
	}
	if _, err := db.Exec(ctx, insertSQL, topics, refs, delays, dues, data, armedBy, traces); err != nil {
		return fmt.Errorf("insert entries: %w", err)
	}
	return nil
}

func jsonText(data []byte) *string {
	if data == nil {
		return nil
	}
	s := string(data)
	return &s
}
