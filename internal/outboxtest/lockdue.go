package outboxtest

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

// lockedRefs locks and returns the refs, one after the other.
func (s *suite) lockedRefs(topic, owner string, limit int) string {
	s.t.Helper()
	entries, err := s.LockDue(s.t.Context(), topic, owner, time.Hour, limit)
	require.NoError(s.t, err)
	var refs strings.Builder
	for i := range entries {
		require.Equal(s.t, owner, entries[i].LockOwner)
		refs.WriteString(entries[i].Ref)
	}
	return refs.String()
}

func (s *suite) lockDue() {
	now := time.Now()
	s.create(outbox.NewEntry{Topic: "queue", Ref: "4"})
	s.create(outbox.NewEntry{Topic: "queue", Ref: "2", Due: now.Add(-time.Minute)})
	s.create(outbox.NewEntry{Topic: "queue", Ref: "3", Due: now.Add(-time.Second)})
	s.create(outbox.NewEntry{Topic: "queue", Ref: "1", Due: now.Add(-time.Hour)})
	s.create(outbox.NewEntry{Topic: "queue", Ref: "not due", Delay: time.Hour})
	s.create(outbox.NewEntry{Topic: "other", Ref: "other", Due: now.Add(-time.Hour)})
	held := s.create(outbox.NewEntry{Topic: "queue", Ref: "0", Due: now.Add(-2 * time.Hour)})
	s.lockFor(held, "carl", time.Hour)

	require.Equal(s.t, "12", s.lockedRefs("queue", "anna", 2))
	require.Equal(s.t, "34", s.lockedRefs("queue", "bert", 100))
	require.Empty(s.t, s.lockedRefs("queue", "anna", 100), "its own entries are locked too")
	require.NoError(s.t, s.Unlock(s.t.Context(), held, "carl"))
	require.Equal(s.t, "0", s.lockedRefs("queue", "anna", 1))
	require.Empty(s.t, s.lockedRefs("queue' OR '1'='1", "anna", 1))

	expired := s.create(outbox.NewEntry{Topic: "expired", Ref: "5"})
	s.lockFor(expired, "anna", 20*time.Millisecond)
	s.waitForExpiry(expired)
	require.Equal(s.t, "5", s.lockedRefs("expired", "bert", 1))
}

func (s *suite) lockDueHolds() {
	s.create(outbox.NewEntry{
		Topic: "queue", Ref: "r", Data: []byte(`{"a":[1.50]}`),
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	})
	s.create(outbox.NewEntry{Topic: "queue", Ref: "no data"})
	entries, err := s.LockDue(s.t.Context(), "queue", "anna", time.Hour, 2)
	require.NoError(s.t, err)
	require.Len(s.t, entries, 2)
	for i := range entries {
		require.Equal(s.t, s.get(entries[i].ID), entries[i])
	}
	require.JSONEq(s.t, `{"a":[1.50]}`, string(entries[0].Data))
	require.WithinDuration(s.t, time.Now().Add(time.Hour), *entries[0].LockExpires, patience)

	_, err = s.Lock(s.t.Context(), entries[0].ID, "bert", time.Hour)
	s.requireLocked(err)
	_, err = s.Extend(s.t.Context(), entries[0].ID, "anna", time.Hour)
	require.NoError(s.t, err)
	require.NoError(s.t, s.Delete(s.t.Context(), entries[0].ID, "anna"))
	_, err = s.ReleaseLocks(s.t.Context(), []string{"queue"}, 0)
	require.NoError(s.t, err)
	require.Equal(s.t, "no data", s.lockedRefs("queue", "bert", 2))
}

func (s *suite) lockDueRefused() {
	s.create(outbox.NewEntry{Topic: "queue", Ref: "r"})
	s.create(outbox.NewEntry{Topic: outbox.TopicAsync, Ref: "async"})
	for name, c := range map[string]struct {
		topic, owner string
		lease        time.Duration
		limit        int
		want         error
	}{
		"no owner":       {"queue", "", time.Hour, 1, outbox.ErrInvalid},
		"no lease":       {"queue", "anna", 0, 1, outbox.ErrInvalid},
		"negative lease": {"queue", "anna", -time.Hour, 1, outbox.ErrInvalid},
		"no limit":       {"queue", "anna", time.Hour, 0, outbox.ErrInvalid},
		"negative limit": {"queue", "anna", time.Hour, -1, outbox.ErrInvalid},
		"async":          {outbox.TopicAsync, "anna", time.Hour, 1, outbox.ErrAsync},
	} {
		_, err := s.LockDue(s.t.Context(), c.topic, c.owner, c.lease, c.limit)
		require.ErrorIs(s.t, err, c.want, name)
	}
	require.Equal(s.t, "r", s.refs(outbox.Selection{Free: []string{"queue"}}))
}
