package outbox_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func TestPostponeEndsALease(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	wait := []time.Duration{0, time.Hour}
	var entries []outbox.Postponement
	for _, w := range wait {
		entries = append(entries, outbox.Postponement{ID: f.async("r", 0), Generation: 1, Wait: w})
	}
	gone := outbox.Postponement{ID: uuid.New(), Generation: 1}
	require.Len(t, f.claim(10, 0), 2)
	require.NoError(t, f.store.Postpone(t.Context(), nil))
	require.NoError(t, f.store.Postpone(t.Context(), append(entries, gone)))
	for i, e := range entries {
		r := f.row(e.ID)
		require.False(t, r.Leased)
		require.False(t, r.Parked)
		requireNear(t, wait[i], r.Dispatch, "time to be looked at")
	}
	require.Equal(t, []uuid.UUID{entries[0].ID}, f.claimedIDs(10, 0), "what got its time back can be claimed at once")
	require.Equal(t, 2, f.row(entries[0].ID).Generation)

	require.NoError(t, f.store.Postpone(t.Context(), entries[:1]))
	require.True(t, f.row(entries[0].ID).Leased, "an old postponement ended a new lease")
}

func TestFailRecordsTheAttempt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.async("r", 0)
	f.claim(10, 0)
	require.NoError(t, errorOf(f.store.Fail(t.Context(), nil)))
	require.NoError(t, errorOf(f.store.Fail(t.Context(), []outbox.Failure{{ID: id, Error: "first", Pause: time.Minute}})))
	first := f.row(id)
	require.Equal(t, 1, first.Attempts)
	require.Equal(t, "first", first.LastError)
	require.False(t, first.Leased)
	requireNear(t, time.Minute, first.Dispatch, "next attempt")

	require.NoError(t, errorOf(f.store.Fail(t.Context(), []outbox.Failure{{ID: id, Error: "second", Pause: time.Hour, Counted: true}, {ID: uuid.New()}})))
	second := f.row(id)
	require.Equal(t, 1, second.Attempts, "it was counted already")
	require.Equal(t, "second", second.LastError)
	require.Equal(t, first.FirstFailure, second.FirstFailure)
	require.Greater(t, *second.LastFailure, *first.LastFailure)
	requireNear(t, time.Hour, second.Dispatch, "next attempt")
}

func TestAnErrorIsStoredWhateverItsText(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, text := range map[string]string{
		"U+0000":    "a\x00b",
		"not UTF-8": "a\xff\xfeb",
		"too long":  strings.Repeat("ä", 10_000),
	} {
		id := f.async("r", 0)
		require.NoError(t, errorOf(f.store.Fail(t.Context(), []outbox.Failure{{ID: id, Error: text, Pause: time.Hour}})), name)
		stored := f.row(id).LastError
		require.NotEmpty(t, stored, name)
		require.True(t, utf8.ValidString(stored), name)
		require.Less(t, len(stored), 4100, name)
	}
}

func TestAnAttemptIsCountedBeforeItIsMade(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.async("r", 0)
	f.claim(10, 0)
	begin := func() int {
		attempt, err := f.store.BeginAttempt(t.Context(), id)
		require.NoError(t, err)
		return attempt
	}
	require.Equal(t, 1, begin())
	require.Empty(t, f.row(id).LastError, "nothing has failed yet")
	require.Nil(t, f.row(id).FirstFailure)
	require.True(t, f.row(id).Leased, "the lease is not touched")
	require.NoError(t, f.store.WithdrawAttempt(t.Context(), id))
	require.Zero(t, f.row(id).Attempts)

	require.Equal(t, 1, begin())
	require.Equal(t, 2, begin())
	require.Contains(t, f.row(id).LastError, "killed", "the first attempt did not come to an end")
	require.NotNil(t, f.row(id).FirstFailure)
	require.NoError(t, f.store.WithdrawAttempt(t.Context(), id))
	require.Equal(t, 1, f.row(id).Attempts)
	require.NoError(t, f.store.WithdrawAttempt(t.Context(), id))
	require.Equal(t, 1, f.row(id).Attempts, "only what has begun is taken back")

	require.NoError(t, errorOf(f.store.Fail(t.Context(), []outbox.Failure{{ID: id, Error: "the real reason", Counted: true}})))
	require.Equal(t, 2, begin())
	require.Equal(t, "the real reason", f.row(id).LastError, "an attempt that begins says nothing of the last")
	require.NoError(t, f.store.WithdrawAttempt(t.Context(), id))
	require.Equal(t, "the real reason", f.row(id).LastError)

	gone, err := f.store.BeginAttempt(t.Context(), uuid.New())
	require.NoError(t, err)
	require.Zero(t, gone)
	require.NoError(t, f.store.WithdrawAttempt(t.Context(), uuid.New()))
}

func TestSetApartDispatchesAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	due, early := f.async("due", 0), f.async("early", 20*time.Second)
	f.claim(10, 0)
	require.NoError(t, f.store.SetApart(t.Context(), nil))
	require.NoError(t, f.store.SetApart(t.Context(), []uuid.UUID{due, early}))
	r := f.row(early)
	require.True(t, r.Slow)
	require.False(t, r.Leased)
	require.Equal(t, 500*time.Millisecond, (r.Due - r.Dispatch).Round(time.Millisecond), "not before its time")
	claimed := f.claim(10, 0)
	require.Len(t, claimed, 1)
	require.Equal(t, due, claimed[0].ID)
	require.True(t, claimed[0].Slow)
	require.Zero(t, claimed[0].Attempts, "it is no failure")
}

func TestGiveBackEndsTheLeaseOfWhatIsEarly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	soon, far := f.async("soon", 20*time.Second), f.async("far", 0)
	f.claim(10, 0)
	f.exec("UPDATE eventlog SET due = now() + interval '1 hour' WHERE id = $1", far)
	require.NoError(t, errorOf(f.store.GiveBack(t.Context(), nil, 0)))
	require.NoError(t, errorOf(f.store.GiveBack(t.Context(), []uuid.UUID{soon, far}, 0)))
	requireNear(t, time.Hour-30*time.Second, f.row(far).Dispatch, "half a minute before it is due")
	require.False(t, f.row(far).Leased)
	require.Equal(t, []uuid.UUID{soon}, f.claimedIDs(10, 0))
	require.NoError(t, errorOf(f.store.GiveBack(t.Context(), []uuid.UUID{soon}, time.Minute)))
	require.Empty(t, f.claimedIDs(10, 0), "not before the pause is over")
}

// What waits for its time, after a failure say, is not hurried by a late message.
func TestOnlyLeasesAreEnded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.async("r", 0)
	f.claim(10, 0)
	require.NoError(t, errorOf(f.store.Fail(t.Context(), []outbox.Failure{{ID: id, Error: "no", Pause: time.Hour}})))
	require.NoError(t, f.store.SetApart(t.Context(), []uuid.UUID{id}))
	require.NoError(t, errorOf(f.store.GiveBack(t.Context(), []uuid.UUID{id}, 0)))
	requireNear(t, time.Hour, f.row(id).Dispatch, "the pause is kept")
}

// A row that another session has locked holds up nobody else.
func TestNobodyWaitsForALockedEntry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	locked, free := f.async("locked", 0), f.async("free", 0)
	claimed := f.claim(10, 0)
	tx := f.begin()
	_, err := tx.Exec(t.Context(), "SELECT FROM eventlog WHERE id = $1 FOR UPDATE", locked)
	require.NoError(t, err)
	both := []uuid.UUID{locked, free}

	began := time.Now()
	require.NoError(t, errorOf(f.store.Fail(t.Context(), []outbox.Failure{{ID: locked, Error: "x"}, {ID: free, Error: "x"}})))
	require.Equal(t, []int{0, 1}, []int{f.row(locked).Attempts, f.row(free).Attempts})
	require.NoError(t, f.store.SetApart(t.Context(), both))
	require.NoError(t, errorOf(f.store.GiveBack(t.Context(), both, 0)))
	require.NoError(t, f.store.Postpone(t.Context(), []outbox.Postponement{{ID: claimed[0].ID, Generation: 1}, {ID: claimed[1].ID, Generation: 1}}))
	_, err = f.store.BeginAttempt(t.Context(), locked)
	require.ErrorIs(t, err, outbox.ErrLocked)
	require.NoError(t, errorOf(outbox.DiscardStale(t.Context(), f.pool, []outbox.Stale{{ID: locked}})))
	removed, err := outbox.Remove(t.Context(), f.pool, both)
	require.NoError(t, err)
	require.Equal(t, map[uuid.UUID]bool{free: true}, removed)
	require.NoError(t, f.store.WithdrawAttempt(t.Context(), locked))
	require.Less(t, time.Since(began), 2*time.Second)
	require.True(t, f.row(locked).Leased, "what is locked keeps its lease")
	taken, err := f.store.GiveBack(t.Context(), both, 0)
	require.NoError(t, err)
	require.Equal(t, map[uuid.UUID]bool{locked: false, free: true}, taken, "the message of what keeps its lease is of use")
}

func TestRemoveTakesOnlyWhatIsDue(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	due, early, gone := f.async("due", 0), f.async("early", time.Minute), uuid.New()
	ids := []uuid.UUID{due, early, gone}
	remove := func() map[uuid.UUID]bool {
		removed, err := outbox.Remove(t.Context(), f.pool, ids)
		require.NoError(t, err)
		return removed
	}
	require.Equal(t, map[uuid.UUID]bool{due: true}, remove())
	require.Empty(t, remove(), "removed twice")
	require.Equal(t, 1, f.count("SELECT count(*) FROM eventlog"))
	removed, err := outbox.Remove(t.Context(), f.pool, nil)
	require.NoError(t, err)
	require.Empty(t, removed)
}

// The deletion is the proof that the effect happens once: of two transactions
// only the one that commits it gets the id.
func TestOnlyOneTransactionRemovesAnEntry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.async("r", 0)
	first := f.begin()
	removed, err := outbox.Remove(t.Context(), first, []uuid.UUID{id})
	require.NoError(t, err)
	require.True(t, removed[id])
	for range 2 {
		removed, err = outbox.Remove(t.Context(), f.pool, []uuid.UUID{id})
		require.NoError(t, err)
		require.Empty(t, removed)
		require.NoError(t, first.Commit(t.Context()))
		first = f.begin()
	}
}
