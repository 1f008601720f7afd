package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// largeTime bounds what entries with large data may take of a round: the other
// lanes wait. What is left then is claimed again.
const largeTime = 2 * time.Second

// handOverTimeout bounds the handovers of a round. A broker knows better, see
// [Broker].
const handOverTimeout = 10 * time.Second

// dispatch publishes what was claimed, or gives it back, and settles all of it,
// step by step: what the broker took is written down before something is tried
// that may fail, or take its time. So one lane's trouble is no other's.
func (r *Relay) dispatch(ctx context.Context, claim Claim, round *Round) error {
	round.Claimed = len(claim.Entries)
	dispatches, back := r.plan(claim, round)
	s := settlement{relay: r, round: round, back: back}
	plain, ordered := split(dispatches, func(d *Dispatch) bool { return d.line == "" })

	copies, handovers := split(plain, func(d *Dispatch) bool { return d.Stream == "" })
	s.publish(ctx, copies)
	s.write(ctx)

	copies, next := split(s.firstInLine(ctx, ordered), func(d *Dispatch) bool { return d.Stream == "" })
	s.publish(ctx, copies)
	s.write(ctx)

	s.handOver(ctx, append(handovers, next...))
	s.write(ctx)
	return s.err()
}

// split parts the dispatches, in their order.
func split(dispatches []Dispatch, fits func(*Dispatch) bool) (fitting, others []Dispatch) {
	fitting = dispatches[:0:len(dispatches)]
	for _, d := range dispatches {
		if fits(&d) {
			fitting = append(fitting, d)
		} else {
			others = append(others, d)
		}
	}
	return fitting, others
}

// plan decides for each claimed entry.
func (r *Relay) plan(claim Claim, round *Round) (dispatches []Dispatch, back []Postponement) {
	dispatches = make([]Dispatch, 0, len(claim.Entries))
	for i := range claim.Entries {
		c := &claim.Entries[i]
		topic := claim.Topics.Of(c.Topic)
		act, wait := decide(c, topic.Policy, r.cfg.Horizon, r.room.armed > 0)
		switch act {
		case publish, arm:
			d := Dispatch{Claimed: c, Arm: act == arm, Stream: topic.Stream, Grace: topic.Grace}
			if topic.Ordered {
				d.line = topic.Pattern
			}
			dispatches = append(dispatches, d)
			r.takeRoom(d)
		case postpone, park:
			back = append(back, Postponement{ID: c.ID, Generation: c.Generation, Wait: wait})
			round.Postponed++
			if act == postpone {
				round.Pause = min(round.Pause, wait)
			}
		}
	}
	return dispatches, back
}

func (r *Relay) takeRoom(d Dispatch) {
	if d.Arm {
		r.room.armed--
	} else if d.Lane != LaneCopy {
		r.room.due[d.Lane]--
	}
}

// settlement collects what is to be written after publishing.
type settlement struct {
	relay     *Relay
	round     *Round
	back      []Postponement
	published []Publication
	lines     []line // that have moved on
	failures  []Failure
	broker    error   // why the broker did not take the last message given back
	errs      []error // of the database
}

// publish publishes dispatches that are no handovers.
func (s *settlement) publish(ctx context.Context, dispatches []Dispatch) {
	s.each(ctx, dispatches, func(part []Dispatch) {
		for i, err := range s.relay.broker.Publish(ctx, part) {
			s.add(part[i], Handed{Err: err})
		}
	})
}

// handOver publishes handovers to their streams.
func (s *settlement) handOver(ctx context.Context, dispatches []Dispatch) {
	ctx, cancel := context.WithTimeout(ctx, handOverTimeout)
	defer cancel()
	streams := map[string]error{}
	s.each(ctx, dispatches, func(part []Dispatch) {
		for i, handed := range s.relay.broker.HandOver(ctx, part) {
			s.add(part[i], handed)
			if errors.Is(handed.Err, ErrUnusable) {
				streams[part[i].Stream] = handed.Err
			}
		}
	})
	s.relay.streams.report(streams)
}

// largeAtOnce bounds the memory for large data: at most [maxData] each.
const largeAtOnce = 16

// each calls publish for dispatches whose data are here, and then, a few at a
// time, for those whose data are to be read by themselves. What is left when the
// broker has gone away, or time is up, goes back.
func (s *settlement) each(ctx context.Context, dispatches []Dispatch, publish func([]Dispatch)) {
	small, large := split(dispatches, func(d *Dispatch) bool { return !d.DataLeftOut || d.Lane != LaneCopy })
	if len(small) > 0 {
		publish(small)
	}
	for began := time.Now(); len(large) > 0 && s.broker == nil && time.Since(began) < largeTime; {
		n := min(len(large), largeAtOnce)
		ready, err := s.load(ctx, large[:n])
		if err != nil {
			s.errs = append(s.errs, err)
			return // they come back with the end of their leases
		}
		if len(ready) > 0 {
			publish(ready)
		}
		large = large[n:]
	}
	if len(large) > 0 {
		s.giveBack(large, 0)
		s.round.Pause = 0
	}
}

// Data that are too large were written while their topic was on hold: they are
// not even read.
const publishableDataSQL = `
SELECT
    octet_length(data::text),
    CASE WHEN octet_length(data::text) <= $2 THEN data::text END
FROM eventlog
WHERE id = $1`

// load reads large data; entries that have gone meanwhile are left out, and those
// that are too large are refused.
func (s *settlement) load(ctx context.Context, dispatches []Dispatch) ([]Dispatch, error) {
	ready := make([]Dispatch, 0, len(dispatches))
	for _, d := range dispatches {
		size := 0
		err := s.relay.store.pool.QueryRow(ctx, publishableDataSQL, d.ID, maxData).Scan(&size, &d.Data)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
		case err != nil:
			return nil, fmt.Errorf("read data of entry: %w", err)
		case size > maxData:
			s.add(d, Handed{Err: fmt.Errorf("%w: the data have %d bytes, a published entry may have %d", ErrRefused, size, maxData)})
		default:
			ready = append(ready, d)
		}
	}
	return ready, nil
}

func (s *settlement) giveBack(dispatches []Dispatch, wait time.Duration) {
	for _, d := range dispatches {
		s.back = append(s.back, Postponement{ID: d.ID, Generation: d.Generation, Wait: wait})
		s.round.GivenBack++
	}
}

func (s *settlement) add(d Dispatch, handed Handed) {
	switch err := handed.Err; {
	case err == nil && d.Lane == LaneCopy:
		// It is finished with its acknowledgement.
		s.published = append(s.published, Publication{
			ID: d.ID, Generation: d.Generation, Stream: d.Stream, Sequence: handed.Sequence,
		})
		if d.line != "" {
			s.lines = append(s.lines, line{pattern: d.line, ref: d.Ref})
		}
		s.round.Published++
	case err == nil && d.Arm:
		s.round.Armed++
	case err == nil:
		s.round.Published++
	case errors.Is(err, ErrQueued):
		s.round.Queued++
	case errors.Is(err, ErrUnusable):
		s.fail(d, err, min(Pause(d.Attempts+1), unusablePause))
	case errors.Is(err, ErrRefused):
		s.fail(d, err, Pause(d.Attempts+1))
	default:
		s.broker = err
		s.giveBack([]Dispatch{d}, 0)
	}
}

// unusablePause is the longest pause of an entry whose stream cannot be used:
// nothing is wrong with the entry itself.
const unusablePause = 10 * time.Minute

func (s *settlement) fail(d Dispatch, err error, pause time.Duration) {
	s.failures = append(s.failures, Failure{ID: d.ID, Generation: d.Generation, Error: err.Error(), Pause: pause})
	s.round.Refused++
}

// writeTimeout bounds the writing down of what was published.
const writeTimeout = 10 * time.Second

// write writes down what was collected. It has time of its own: what was
// published, and is not written down, is published again and again.
func (s *settlement) write(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	store := s.relay.store
	if err := store.MarkPublished(ctx, s.published); err != nil {
		s.errs = append(s.errs, err)
	} else {
		s.moveOn(ctx, s.lines)
	}
	if err := store.Postpone(ctx, s.back); err != nil {
		s.errs = append(s.errs, err)
	}
	if _, err := store.Fail(ctx, s.failures); err != nil {
		s.errs = append(s.errs, err)
	}
	s.published, s.lines, s.back, s.failures = nil, nil, nil, nil
}

// err is what went wrong, except for single entries, and streams.
func (s *settlement) err() error {
	if s.broker != nil {
		s.errs = append(s.errs, fmt.Errorf("publish: %w", s.broker))
	}
	return errors.Join(s.errs...)
}

// Pause is the time between an attempt, counted from 1, and the next: growing,
// then an hour each.
func Pause(attempt int) time.Duration {
	pauses := [...]time.Duration{
		time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute,
	}
	if attempt >= 1 && attempt <= len(pauses) {
		return pauses[attempt-1]
	}
	return time.Hour
}
