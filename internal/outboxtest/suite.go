package outboxtest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

// Run runs the suite.
func Run(t *testing.T, factory Factory) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(s *suite)
	}{
		{"an entry is as it was created", (*suite).created},
		{"what cannot be an entry is refused", (*suite).invalid},
		{"a key makes one entry", (*suite).key},
		{"a key makes one entry however many come at once", (*suite).keyRace},
		{"a key outlives its entry", (*suite).keyOutlives},
		{"lists find by topic, ref, due time and lock", (*suite).lists},
		{"pages follow each other", (*suite).pages},
		{"an entry has one holder", (*suite).lock},
		{"what is due is locked in order", (*suite).lockDue},
		{"what is returned locked is locked", (*suite).lockDueHolds},
		{"a lock of what is due is refused", (*suite).lockDueRefused},
		{"a lock expires", (*suite).expiry},
		{"a lock is extended by its holder", (*suite).extend},
		{"a lock is given back", (*suite).unlock},
		{"old locks are released", (*suite).release},
		{"entries are removed", (*suite).remove},
		{"async entries are for workers", (*suite).async},
		{"what is not there is not found", (*suite).missing},
		{"entries are counted", (*suite).count},
		{"what waits is cancelled", (*suite).cancel},
		{"what waits is fired", (*suite).fire},
		{"fifty lockers share a thousand entries", (*suite).race},
		{"fifty lockers share a queue", (*suite).queueRace},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(&suite{t: t, Service: factory(t)})
		})
	}
}

// suite is one test on an event log of its own.
type suite struct {
	Service
	t *testing.T
}

// patience is how long something may take that happens by itself.
const patience = 20 * time.Second

func (s *suite) create(e outbox.NewEntry) uuid.UUID {
	s.t.Helper()
	id, isNew, err := s.Create(s.t.Context(), e)
	require.NoError(s.t, err)
	require.True(s.t, isNew)
	return id
}

func (s *suite) copy(ref string) uuid.UUID {
	s.t.Helper()
	return s.create(outbox.NewEntry{Topic: "copy", Ref: ref})
}

func (s *suite) get(id uuid.UUID) outbox.Listed {
	s.t.Helper()
	entry, err := s.Get(s.t.Context(), id)
	require.NoError(s.t, err)
	return entry
}

func (s *suite) lockFor(id uuid.UUID, owner string, lease time.Duration) time.Time {
	s.t.Helper()
	until, err := s.Lock(s.t.Context(), id, owner, lease)
	require.NoError(s.t, err)
	return until
}

// waitForExpiry waits until nobody holds the entry.
func (s *suite) waitForExpiry(id uuid.UUID) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.get(id).LockOwner == "" }, patience, 2*time.Millisecond)
}

// requireLocked requires that anna holds the entry.
func (s *suite) requireLocked(err error) {
	s.t.Helper()
	var locked *outbox.LockedError
	require.ErrorAs(s.t, err, &locked)
	require.Equal(s.t, "anna", locked.Owner)
	require.WithinDuration(s.t, time.Now(), locked.Until, time.Hour+patience)
}

// gone says whether somebody else was faster.
func gone(err error) bool {
	var locked *outbox.LockedError
	return errors.Is(err, outbox.ErrNotFound) || errors.Is(err, outbox.ErrNotLocked) || errors.As(err, &locked)
}
