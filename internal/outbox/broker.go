package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Errors that a [Broker] gives for a single dispatch. Any other error means
// that the broker is away, or that it is not known whether it has the message.
var (
	// ErrQueued says that the broker still has a message of this entry that
	// nobody has finished; there is no need of another.
	ErrQueued = errors.New("a message of the entry is still queued")
	// ErrRefused says that the broker will never take this message: it is too
	// large, or its subject is not valid.
	ErrRefused = errors.New("the broker refuses the message")
	// ErrUnusable says that the stream of a handover does not take messages now:
	// it does not answer, is not ours, or would not keep them. Whether it has the
	// message is not known.
	ErrUnusable = errors.New("the stream cannot be used for handovers")
)

// Broker is where a relay publishes entries.
type Broker interface {
	// State looks at the broker. An error means that it cannot be used now. A
	// stream that is missing is made.
	State(ctx context.Context) (BrokerState, error)
	// Publish hands the dispatches over, all at once, waits for the broker's
	// acknowledgements and returns an error, or nil, for each.
	Publish(ctx context.Context, dispatches []Dispatch) []error
	// HandOver is Publish for handovers: to the stream that each dispatch names,
	// which is made if it is missing. Streams that do not answer hold it up for
	// about a second, all together, and for a while after that not at all: their
	// dispatches get an [ErrUnusable].
	HandOver(ctx context.Context, dispatches []Dispatch) []Handed
	// Holds says of each handover what the broker knows of it: of a message of
	// that entry, under that sequence, in that stream. The errors are why streams
	// could not be asked, by the names in the handovers: nothing is known of what
	// is in these, and the others are asked all the same.
	Holds(ctx context.Context, handovers []Handover) ([]Answer, map[string]error)
}

// Answer is what a broker says of a message that it acknowledged.
type Answer int

const (
	// Unknown is no answer.
	Unknown Answer = iota
	// Held says that the broker has the message.
	Held
	// Lost says that it has not, though nobody removed it.
	Lost
	// Removed says that it has not, since the stream's own limits, as its operator
	// has set them, removed it.
	Removed
)

// Handed is what a broker says of a handover.
type Handed struct {
	// Sequence of the message in its stream.
	Sequence uint64
	Err      error
}

// BrokerState is what a broker says of its stream of async entries.
type BrokerState struct {
	// Stream, Created and LastSequence identify how far the stream is.
	Stream       string
	Created      time.Time
	LastSequence uint64
	// Due is the number of unfinished messages that are due, by lane; Armed of
	// those it holds back.
	Due   map[Lane]int
	Armed int
}

// streamMark is the last state of the stream that was written down.
type streamMark struct {
	created      time.Time
	lastSequence uint64
}

// lost reports whether messages that were there at the mark are missing now:
// the stream is another one, or its end has gone back.
func (m streamMark) lost(now BrokerState) bool {
	return !m.created.Equal(now.Created) || now.LastSequence < m.lastSequence
}

const streamMarkSQL = `
SELECT
    created,
    last_sequence
FROM broker_stream
WHERE name = $1`

// streamMark reads the mark; ok is false if there is none.
func (s *Store) streamMark(ctx context.Context, stream string) (m streamMark, ok bool, err error) {
	err = s.pool.QueryRow(ctx, streamMarkSQL, stream).Scan(&m.created, &m.lastSequence)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return m, false, nil
	case err != nil:
		return m, false, fmt.Errorf("read stream mark: %w", err)
	}
	return m, true, nil
}

const firstMarkSQL = `
INSERT INTO broker_stream (name, created, last_sequence)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING`

const advanceMarkSQL = `
UPDATE broker_stream
SET last_sequence = $3
WHERE name = $1
  AND created = $2
  AND last_sequence < $3`

const replaceMarkSQL = `
UPDATE broker_stream
SET created       = $2,
    last_sequence = $3
WHERE name = $1
  AND created = $4
  AND last_sequence = $5`

// What was dispatched lies between now and the longest lease; beyond that only
// timers wait, millions of them perhaps.
const endLeasesSQL = `
WITH free AS MATERIALIZED (
    SELECT id
    FROM eventlog
    WHERE dispatched_at IS NOT NULL
      AND lane = ANY('{now,timer,slow,copy}')
      AND dispatch_at <= now() + $1::bigint * interval '1 microsecond'
    FOR UPDATE SKIP LOCKED
)
UPDATE eventlog e
SET dispatch_at   = clock_timestamp(),
    dispatched_at = NULL
FROM free f
WHERE e.id = f.id`

// markStream writes down how far the stream is.
func (s *Store) markStream(ctx context.Context, now BrokerState, known bool) error {
	sql := advanceMarkSQL
	if !known {
		sql = firstMarkSQL
	}
	if _, err := s.pool.Exec(ctx, sql, now.Stream, now.Created, now.LastSequence); err != nil {
		return fmt.Errorf("mark stream: %w", err)
	}
	return nil
}

// endLeases ends all leases after a loss, once: of several relays that noticed,
// the one that replaces the mark does it. It returns how many it ended.
func (s *Store) endLeases(ctx context.Context, old streamMark, now BrokerState, longest time.Duration) (int, error) {
	ended := 0
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, replaceMarkSQL, now.Stream, now.Created, now.LastSequence, old.created, old.lastSequence)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		tag, err = tx.Exec(ctx, endLeasesSQL, longest.Microseconds())
		ended = int(tag.RowsAffected())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end leases: %w", err)
	}
	return ended, nil
}
