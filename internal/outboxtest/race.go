package outboxtest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

// hold is a time in which an owner had an entry, by the service's clock.
type hold struct {
	owner       string
	from, until time.Time
	givenBack   bool
}

// holds are all holds of a race.
type holds struct {
	mu      sync.Mutex
	last    map[uuid.UUID]hold
	removed map[uuid.UUID]string
	fault   string
}

// take notes a hold: it must begin after the end of the one before.
func (h *holds) take(id uuid.UUID, next hold) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, ok := h.last[id]
	switch {
	case h.removed[id] != "":
		h.fault = fmt.Sprintf("%s got %s, which %s had removed", next.owner, id, h.removed[id])
	case ok && !before.givenBack && next.from.Before(before.until):
		h.fault = fmt.Sprintf("%s got %s at %s, %s held it until %s", next.owner, id, next.from, before.owner, before.until)
	}
	h.last[id] = next
}

func (h *holds) giveBack(id uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.last[id]
	before.givenBack = true
	h.last[id] = before
}

func (h *holds) remove(id uuid.UUID, owner string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if by := h.removed[id]; by != "" {
		h.fault = fmt.Sprintf("%s removed %s, and %s had done so before", owner, id, by)
	}
	h.removed[id] = owner
}

func (h *holds) left(entries int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return entries - len(h.removed)
}

func (s *suite) race()      { s.raceBy((*locker).round) }
func (s *suite) queueRace() { s.raceBy((*locker).take) }

// raceBy: a third of the lockers die with what they hold. Each entry has one
// holder at a time, and none is lost.
func (s *suite) raceBy(step func(*locker, *suite) error) {
	const lockers, entries = 50, 1000
	const lease = 500 * time.Millisecond
	for i := range entries {
		s.create(outbox.NewEntry{Topic: "race", Ref: fmt.Sprint(i)})
	}
	h := &holds{last: map[uuid.UUID]hold{}, removed: map[uuid.UUID]string{}}
	errs := make([]error, lockers)
	var wg sync.WaitGroup
	for i := range lockers {
		wg.Go(func() {
			locker := locker{Service: s.Service, holds: h, owner: fmt.Sprintf("locker %d", i), lease: lease, mortal: i%3 == 0}
			for h.left(entries) > 0 && errs[i] == nil && !locker.dead {
				errs[i] = step(&locker, s)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(s.t, err)
	}
	require.Empty(s.t, h.fault)
	require.Zero(s.t, h.left(entries), "entries lost")
	all, err := s.List(s.t.Context(), outbox.Selection{Limit: 1})
	require.NoError(s.t, err)
	require.Empty(s.t, all)
}

type locker struct {
	Service
	holds        *holds
	owner        string
	lease        time.Duration
	mortal, dead bool
}

// chance need not be hard to guess.
func (l *locker) chance(n int) int { return rand.IntN(n) } //nolint:gosec // see above

// round tries the entries that are free, somewhere in the list.
func (l *locker) round(s *suite) error {
	free, err := l.List(s.t.Context(), outbox.Selection{Free: []string{"race"}, Limit: 10, Offset: l.chance(l.holds.left(1000) + 1)})
	if err != nil {
		return err
	}
	for i := range free {
		if l.dead {
			return nil
		}
		if err := l.try(s, free[i].ID); err != nil {
			return err
		}
	}
	return nil
}

func (l *locker) try(s *suite, id uuid.UUID) error {
	until, err := l.Lock(s.t.Context(), id, l.owner, l.lease)
	if err != nil {
		return unlessGone(err)
	}
	l.holds.take(id, hold{owner: l.owner, from: until.Add(-l.lease), until: until})
	return l.handle(s, id)
}

// take takes what is due, and handles it one by one.
func (l *locker) take(s *suite) error {
	due, err := l.LockDue(s.t.Context(), "race", l.owner, l.lease, 1+l.chance(5))
	for i := range due {
		until := *due[i].LockExpires
		l.holds.take(due[i].ID, hold{owner: l.owner, from: until.Add(-l.lease), until: until})
	}
	for i := range due {
		if err == nil && !l.dead {
			err = l.handle(s, due[i].ID)
		}
	}
	return err
}

// handle does with an entry that is locked what its holder may.
func (l *locker) handle(s *suite, id uuid.UUID) error {
	switch chance := l.chance(10); {
	case l.mortal && chance < 3:
		l.dead = true
		return nil
	case chance == 9:
		// Noted first: once it is given back, others are faster than the note.
		l.holds.giveBack(id)
		return unlessGone(l.Unlock(s.t.Context(), id, l.owner))
	}
	if err := l.Delete(s.t.Context(), id, l.owner); err != nil {
		return unlessGone(err)
	}
	l.holds.remove(id, l.owner)
	return nil
}

func unlessGone(err error) error {
	if gone(err) {
		return nil
	}
	return err
}
