package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// dispatch publishes what was claimed, or gives it back, and settles all of it.
func (r *Relay) dispatch(ctx context.Context, claim Claim, round *Round) error {
	round.Claimed = len(claim.Entries)
	dispatches, back := r.plan(claim, round)
	dispatches, err := r.firstInLine(ctx, dispatches, round)
	if err != nil {
		return err
	}
	large, dispatches := splitLarge(dispatches)

	s := settlement{relay: r, round: round, back: back}
	s.publish(ctx, dispatches)
	for len(large) > 0 {
		n := min(len(large), largeAtOnce)
		ready, err := r.load(ctx, large[:n])
		if err != nil {
			return errors.Join(err, s.write(ctx))
		}
		s.publish(ctx, ready)
		large = large[n:]
	}
	return s.write(ctx)
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
			d := Dispatch{Claimed: c, Arm: act == arm, Stream: topic.Stream}
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

// largeAtOnce bounds the memory for large data: at most 512 KiB each.
const largeAtOnce = 16

func splitLarge(dispatches []Dispatch) (large, small []Dispatch) {
	small = dispatches[:0:len(dispatches)]
	for _, d := range dispatches {
		if d.DataLeftOut && d.Lane == LaneCopy {
			large = append(large, d)
		} else {
			small = append(small, d)
		}
	}
	return large, small
}

// load reads large data; entries that have gone meanwhile are left out.
func (r *Relay) load(ctx context.Context, dispatches []Dispatch) ([]Dispatch, error) {
	ready := make([]Dispatch, 0, len(dispatches))
	for _, d := range dispatches {
		data, err := r.store.Data(ctx, &d.Entry)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		d.Data = data
		ready = append(ready, d)
	}
	return ready, nil
}

// settlement collects what is to be written after publishing.
type settlement struct {
	relay     *Relay
	round     *Round
	back      []Postponement
	published []Publication
	lines     []line // that have moved on
	failures  []Failure
	broker    error // why the broker did not take the last message given back
}

// publish publishes dispatches, handovers to their streams.
func (s *settlement) publish(ctx context.Context, dispatches []Dispatch) {
	others, handovers := splitHandovers(dispatches)
	if len(others) > 0 {
		for i, err := range s.relay.broker.Publish(ctx, others) {
			s.add(others[i], Handed{Err: err})
		}
	}
	if len(handovers) > 0 {
		for i, handed := range s.relay.broker.HandOver(ctx, handovers) {
			s.add(handovers[i], handed)
		}
	}
}

func splitHandovers(dispatches []Dispatch) (others, handovers []Dispatch) {
	others = dispatches[:0:len(dispatches)]
	for _, d := range dispatches {
		if d.Stream != "" {
			handovers = append(handovers, d)
		} else {
			others = append(others, d)
		}
	}
	return others, handovers
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
	case errors.Is(err, ErrRefused):
		s.failures = append(s.failures, Failure{ID: d.ID, Error: err.Error(), Pause: Pause(d.Attempts + 1)})
		s.round.Refused++
	default:
		s.broker = err
		s.back = append(s.back, Postponement{ID: d.ID, Generation: d.Generation})
		s.round.GivenBack++
	}
}

func (s *settlement) write(ctx context.Context) error {
	store := s.relay.store
	if err := store.MarkPublished(ctx, s.published); err != nil {
		return err
	}
	if err := s.relay.moveOn(ctx, s.lines, s.round); err != nil {
		return err
	}
	if err := store.Postpone(ctx, s.back); err != nil {
		return err
	}
	if _, err := store.Fail(ctx, s.failures); err != nil {
		return err
	}
	if s.broker != nil {
		return fmt.Errorf("publish: %w", s.broker)
	}
	return nil
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
