package outboxtest

import (
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func (s *suite) lock() {
	id := s.copy("r")
	until := s.lockFor(id, "anna", time.Hour)
	e := s.get(id)
	require.Equal(s.t, "anna", e.LockOwner)
	require.True(s.t, until.Equal(*e.LockExpires))
	for _, owner := range []string{"bert", "anna"} {
		_, err := s.Lock(s.t.Context(), id, owner, time.Minute)
		s.requireLocked(err)
	}
	require.True(s.t, until.Equal(*s.get(id).LockExpires), "a refused lock changed the lock")

	_, err := s.Lock(s.t.Context(), s.copy("other"), "", time.Minute)
	require.ErrorIs(s.t, err, outbox.ErrInvalid)
	_, err = s.Lock(s.t.Context(), s.copy("other"), "anna", 0)
	require.ErrorIs(s.t, err, outbox.ErrInvalid)
}

func (s *suite) expiry() {
	id := s.copy("r")
	s.lockFor(id, "anna", 20*time.Millisecond)
	s.waitForExpiry(id)
	_, err := s.Extend(s.t.Context(), id, "anna", time.Hour)
	require.ErrorIs(s.t, err, outbox.ErrNotLocked, "it has expired")
	require.ErrorIs(s.t, s.Unlock(s.t.Context(), id, "anna"), outbox.ErrNotLocked)
	s.lockFor(id, "bert", time.Hour)
	require.ErrorIs(s.t, s.Delete(s.t.Context(), id, "anna"), outbox.ErrNotYours, "it was taken over")
	require.Equal(s.t, "bert", s.get(id).LockOwner)

	late := s.copy("late")
	s.lockFor(late, "anna", 20*time.Millisecond)
	s.waitForExpiry(late)
	require.NoError(s.t, s.Delete(s.t.Context(), late, "anna"), "nobody has taken it: its work is done")
}

func (s *suite) extend() {
	id := s.copy("r")
	_, err := s.Extend(s.t.Context(), id, "anna", time.Hour)
	require.ErrorIs(s.t, err, outbox.ErrNotLocked)
	first := s.lockFor(id, "anna", time.Minute)
	until, err := s.Extend(s.t.Context(), id, "anna", time.Hour)
	require.NoError(s.t, err)
	require.Greater(s.t, until.Sub(first), 58*time.Minute)
	require.True(s.t, until.Equal(*s.get(id).LockExpires))
	_, err = s.Extend(s.t.Context(), id, "bert", time.Hour)
	require.ErrorIs(s.t, err, outbox.ErrNotYours)
	s.requireLocked(err)
	_, err = s.Extend(s.t.Context(), id, "anna", -time.Second)
	require.ErrorIs(s.t, err, outbox.ErrInvalid)
}

func (s *suite) unlock() {
	id := s.copy("r")
	require.ErrorIs(s.t, s.Unlock(s.t.Context(), id, ""), outbox.ErrNotLocked)
	require.ErrorIs(s.t, s.Unlock(s.t.Context(), id, "anna"), outbox.ErrNotLocked)
	s.lockFor(id, "anna", time.Hour)
	err := s.Unlock(s.t.Context(), id, "bert")
	require.ErrorIs(s.t, err, outbox.ErrNotYours)
	s.requireLocked(err)
	require.NoError(s.t, s.Unlock(s.t.Context(), id, "anna"))
	require.Empty(s.t, s.get(id).LockOwner)
	s.lockFor(id, "bert", time.Hour)
	require.NoError(s.t, s.Unlock(s.t.Context(), id, ""), "whoever holds it")
	require.Empty(s.t, s.get(id).LockOwner)
}

func (s *suite) release() {
	expired, held, other := s.copy("1"), s.copy("2"), s.create(outbox.NewEntry{Topic: "other", Ref: "3"})
	s.lockFor(expired, "anna", 20*time.Millisecond)
	s.lockFor(held, "bert", time.Hour)
	s.lockFor(other, "carl", time.Hour)
	s.waitForExpiry(expired)
	release := func(want int, unusedFor time.Duration, topics ...string) {
		s.t.Helper()
		n, err := s.ReleaseLocks(s.t.Context(), topics, unusedFor)
		require.NoError(s.t, err)
		require.Equal(s.t, want, n)
	}
	release(0, 0)
	release(0, time.Hour, "none")
	release(1, time.Hour, "copy")
	require.ErrorIs(s.t, s.Delete(s.t.Context(), expired, "anna"), outbox.ErrNotLocked, "it is released, not only expired")
	require.Equal(s.t, "bert", s.get(held).LockOwner)
	release(2, 0, "copy", "other")
	for _, id := range []uuid.UUID{expired, held, other} {
		require.Empty(s.t, s.get(id).LockOwner, "released, and not deleted")
	}
	s.lockFor(held, "dora", time.Hour)

	// Who extends the lock is at work.
	const unused = time.Second
	for range 3 {
		_, err := s.Extend(s.t.Context(), held, "dora", time.Hour)
		require.NoError(s.t, err)
		release(0, unused, "copy")
	}
	_, err := s.ReleaseLocks(s.t.Context(), []string{"copy"}, -time.Second)
	require.ErrorIs(s.t, err, outbox.ErrInvalid)
}

func (s *suite) remove() {
	id := s.copy("r")
	require.ErrorIs(s.t, s.Delete(s.t.Context(), id, "anna"), outbox.ErrNotLocked)
	s.lockFor(id, "anna", time.Hour)
	err := s.Delete(s.t.Context(), id, "bert")
	require.ErrorIs(s.t, err, outbox.ErrNotYours)
	s.requireLocked(err)
	require.NoError(s.t, s.Delete(s.t.Context(), id, "anna"))
	require.ErrorIs(s.t, s.Delete(s.t.Context(), id, "anna"), outbox.ErrNotFound)

	held := s.copy("held")
	s.lockFor(held, "anna", time.Hour)
	require.NoError(s.t, s.Delete(s.t.Context(), held, ""), "whoever holds it")
	_, err = s.Get(s.t.Context(), held)
	require.ErrorIs(s.t, err, outbox.ErrNotFound)
}

func (s *suite) async() {
	id := s.create(outbox.NewEntry{Topic: outbox.TopicAsync, Ref: "r"})
	_, err := s.Lock(s.t.Context(), id, "anna", time.Minute)
	require.ErrorIs(s.t, err, outbox.ErrAsync)
	_, err = s.Extend(s.t.Context(), id, "anna", time.Minute)
	require.ErrorIs(s.t, err, outbox.ErrAsync)
	require.ErrorIs(s.t, s.Unlock(s.t.Context(), id, ""), outbox.ErrAsync)
	require.ErrorIs(s.t, s.Delete(s.t.Context(), id, ""), outbox.ErrAsync)
	n, err := s.ReleaseLocks(s.t.Context(), []string{outbox.TopicAsync}, 0)
	require.NoError(s.t, err)
	require.Zero(s.t, n)
	require.Equal(s.t, outbox.StatePending, s.get(id).State)
}

func (s *suite) missing() {
	id := uuid.New()
	_, err := s.Get(s.t.Context(), id)
	require.ErrorIs(s.t, err, outbox.ErrNotFound)
	_, err = s.Lock(s.t.Context(), id, "anna", time.Minute)
	require.ErrorIs(s.t, err, outbox.ErrNotFound)
	_, err = s.Extend(s.t.Context(), id, "anna", time.Minute)
	require.ErrorIs(s.t, err, outbox.ErrNotFound)
	require.ErrorIs(s.t, s.Unlock(s.t.Context(), id, "anna"), outbox.ErrNotFound)
	require.ErrorIs(s.t, s.Delete(s.t.Context(), id, "anna"), outbox.ErrNotFound)
	require.ErrorIs(s.t, s.Cancel(s.t.Context(), id), outbox.ErrNotFound)
	require.ErrorIs(s.t, s.Fire(s.t.Context(), id), outbox.ErrNotFound)
}
