package outboxtest

import (
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func (s *suite) count() {
	counts := func(topics ...string) []outbox.Count {
		s.t.Helper()
		counts, err := s.Count(s.t.Context(), topics)
		require.NoError(s.t, err)
		return counts
	}
	require.Empty(s.t, counts())
	for range 3 {
		s.copy("r")
	}
	s.lockFor(s.copy("held"), "anna", time.Hour)
	s.create(outbox.NewEntry{Topic: outbox.TopicAsync, Ref: "r"})
	async := outbox.Count{Topic: outbox.TopicAsync, State: outbox.StatePending, Entries: 1}
	copies := outbox.Count{Topic: "copy", State: outbox.StatePending, Entries: 4, Locked: 1}
	require.ElementsMatch(s.t, []outbox.Count{async, copies}, counts())
	require.Equal(s.t, []outbox.Count{copies}, counts("copy", "none"))
	require.Empty(s.t, counts("none"))
}

func (s *suite) cancel() {
	for _, topic := range []string{"copy", outbox.TopicAsync} {
		id := s.create(outbox.NewEntry{Topic: topic, Ref: "r", Delay: time.Hour})
		require.NoError(s.t, s.Cancel(s.t.Context(), id))
		_, err := s.Get(s.t.Context(), id)
		require.ErrorIs(s.t, err, outbox.ErrNotFound)
		require.ErrorIs(s.t, s.Cancel(s.t.Context(), id), outbox.ErrNotFound)
	}
	held := s.copy("held")
	s.lockFor(held, "anna", time.Hour)
	s.requireLocked(s.Cancel(s.t.Context(), held))
	require.NoError(s.t, s.Unlock(s.t.Context(), held, "anna"))
	require.NoError(s.t, s.Cancel(s.t.Context(), held))
}

func (s *suite) fire() {
	for _, topic := range []string{"copy", outbox.TopicAsync} {
		id := s.create(outbox.NewEntry{Topic: topic, Ref: "r", Delay: time.Hour})
		before := s.get(id)
		require.NoError(s.t, s.Fire(s.t.Context(), id))
		after := s.get(id)
		require.WithinDuration(s.t, before.Created, after.Due, patience)
		require.False(s.t, after.Due.Before(before.Created), "due now, and not earlier")
		require.NoError(s.t, s.Fire(s.t.Context(), id))
		require.True(s.t, after.Due.Equal(s.get(id).Due), "what is due stays as it was")
	}
	past := s.create(outbox.NewEntry{Topic: "copy", Ref: "past", Due: time.Unix(0, 0)})
	require.NoError(s.t, s.Fire(s.t.Context(), past))
	require.True(s.t, time.Unix(0, 0).Equal(s.get(past).Due))
	var due []uuid.UUID
	entries, err := s.List(s.t.Context(), outbox.Selection{Due: true, Limit: 10})
	require.NoError(s.t, err)
	for i := range entries {
		due = append(due, entries[i].ID)
	}
	require.Len(s.t, due, 3)
}
