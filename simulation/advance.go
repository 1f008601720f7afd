package simulation

import (
	"errors"
	"fmt"
	"time"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Advance moves the clock, see [Simulation.AdvanceTo].
func (s *Simulation) Advance(d time.Duration) error { return s.AdvanceTo(s.now.Add(d)) }

// AdvanceTo moves the clock to a time that is not before it, and processes on the
// way, in order of their due time, the async events that come due until then,
// that moment included. Of several that are due at once, the first armed comes
// first.
//
// The error is [ErrLimit], or joins the errors of the async events that failed:
// these are gone, and the others have been processed nevertheless. A time that the
// clock cannot show, because it is past or beyond the year 9999, is an error
// before anything happens.
func (s *Simulation) AdvanceTo(t time.Time) error {
	if t.Before(s.now) {
		return fmt.Errorf("the clock cannot go back from %s to %s", s.now.Format(time.RFC3339), t.Format(time.RFC3339))
	}
	if err := checkYear(t.In(s.now.Location())); err != nil {
		return err
	}
	err := s.fireUntil(func(due time.Time) bool { return !due.After(t) })
	if errors.Is(err, ErrLimit) {
		return err
	}
	s.now = t.In(s.now.Location()).Truncate(time.Millisecond)
	return err
}

// checkYear refuses what items and timelines cannot show.
func checkYear(t time.Time) error {
	if year := t.Year(); year < 1 || year > 9999 {
		return fmt.Errorf("the clock cannot show the year %d, only 1 to 9999", year)
	}
	return nil
}

// Run moves the clock from one async event to the next until nothing is pending.
// The error is as in [Simulation.AdvanceTo]; a cycle without end gives
// [ErrLimit].
func (s *Simulation) Run() error { return s.fireUntil(func(time.Time) bool { return true }) }

// fireUntil processes what is pending, as long as it is wanted.
func (s *Simulation) fireUntil(wanted func(due time.Time) bool) error {
	var failures []error
	for n := 0; len(s.pending) > 0 && wanted(s.pending[0].Due); n++ {
		next := s.pending[0]
		if n == s.limit {
			return fmt.Errorf("%w: %d were processed until %s, and event %d of %s is due at %s", ErrLimit, n,
				s.now.Format(time.RFC3339), next.Event.ID, next.Workitem, next.Due.Format(time.RFC3339))
		}
		s.pending = s.pending[1:]
		if next.Due.After(s.now) {
			s.now = next.Due
		}
		if err := s.fire(next); err != nil {
			failures = append(failures, fmt.Errorf("async event %d of %s at %s: %w", next.Event.ID, next.Workitem, s.now.Format(time.RFC3339), err))
		}
	}
	return errors.Join(failures...)
}

// fire processes an async event whose time has come.
func (s *Simulation) fire(next pending) error {
	stored := s.workitems[next.Workitem]
	step := Step{
		Time: s.now, Workitem: next.Workitem, What: AsyncEvent, Event: next.Event, BoundaryEvent: next.BoundaryEvent,
		From: s.task(stored.items),
	}
	before := s.ids
	items := stored.items.Clone()
	items.Set(workitem.EventID, next.Event.ID)
	p, err := s.process(stored, items, workflow.Options{Async: true, Editor: asyncEditor, Workitems: s.others()})
	if err == nil {
		p.fired = &next
		err = s.commit(step, p)
	}
	if err != nil {
		s.ids = before
		err = errorOf(err)
		s.fail(step, err)
	}
	return err
}
