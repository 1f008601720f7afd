package outbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgres"
)

func TestConcurrentClaimsTakeEachEntryOnce(t *testing.T) {
	t.Parallel()
	const claimers, entries = 8, 5000
	f := newFixture(t)
	f.exec("INSERT INTO eventlog (topic, ref) SELECT 'async.event', i::text FROM generate_series(1, $1::integer) i", entries)
	claimed := make([][]uuid.UUID, claimers)
	var group errgroup.Group
	for i := range claimers {
		group.Go(func() error {
			for {
				claim, err := f.store.Claim(t.Context(), outbox.EachLane(97, 13), time.Minute)
				if err != nil || len(claim.Entries) == 0 {
					return err
				}
				for _, c := range claim.Entries {
					claimed[i] = append(claimed[i], c.ID)
				}
			}
		})
	}
	require.NoError(t, group.Wait())
	seen := map[uuid.UUID]bool{}
	for _, id := range slices.Concat(claimed...) {
		require.False(t, seen[id], "%s was claimed twice", id)
		seen[id] = true
	}
	// A claimer ends when all that is left is being claimed by others.
	for _, id := range f.claimedIDs(entries, 0) {
		require.False(t, seen[id], "%s was claimed twice", id)
		seen[id] = true
	}
	require.Len(t, seen, entries)
	require.Equal(t, entries, f.count("SELECT count(*) FROM eventlog WHERE generation = 1"))
}

func TestALeaseCountsFromTheLaterOfDispatchAndDue(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	past := f.create(outbox.NewEntry{Topic: outbox.TopicAsync, Ref: "past", Due: time.Now().Add(-time.Hour)})
	early := f.async("early", 20*time.Second)
	entries := f.claim(10, 0)
	require.Len(t, entries, 2)
	require.Equal(t, past, entries[0].ID, "by due time")
	requireNear(t, -time.Hour, entries[0].Wait, "wait")
	requireNear(t, 20*time.Second, entries[1].Wait, "wait")
	requireNear(t, time.Minute, f.row(past).Dispatch, "end of the lease of what was due")
	requireNear(t, 80*time.Second, f.row(early).Dispatch, "end of the lease of what is early")
	require.True(t, f.row(early).Leased)
	require.Equal(t, 1, entries[1].Generation)
	require.Empty(t, f.claim(10, 10), "claimed again under a lease")

	f.exec("UPDATE eventlog SET dispatch_at = now() - interval '1 second' WHERE id = $1", past)
	again := f.claim(10, 0)
	require.Len(t, again, 1, "the lease has ended")
	require.Equal(t, 2, again[0].Generation)
}

func TestNothingIsClaimedBeforeItsTime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec("INSERT INTO eventlog_topic (pattern, policy) VALUES ('held', 'hold')")
	f.create(outbox.NewEntry{Topic: "copy", Ref: "r", Delay: time.Second * 20})
	f.create(outbox.NewEntry{Topic: "held", Ref: "r"})
	f.async("r", 50*time.Second)
	require.Empty(t, f.claim(10, 10))
}

func TestNextSaysWhenToLookAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	next := func() time.Duration {
		claim, err := f.store.Claim(t.Context(), outbox.EachLane(10, 0), time.Hour)
		require.NoError(t, err)
		return claim.Next
	}
	require.Negative(t, next(), "nothing is there")
	f.create(outbox.NewEntry{Topic: "copy", Ref: "r", Delay: 25 * time.Minute})
	requireNear(t, 25*time.Minute, next(), "a copy is looked at when it is due")
	f.async("r", 20*time.Minute)
	requireNear(t, 20*time.Minute-30*time.Second, next(), "an async entry half a minute before")
	f.async("now", 0)
	requireNear(t, 20*time.Minute-30*time.Second, next(), "what is claimed comes back with its lease only")
}

// What comes up while a claim runs has a time that is past by the end of it. It
// is to be looked at at once, not an interval later.
func TestNextIsNeverPast(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	// One connection, so that the statements are prepared before the lock.
	pool, err := postgres.Connect(t.Context(), postgres.Config{URL: f.url, MaxConns: 1})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	store := outbox.NewStore(pool)
	_, err = store.Claim(t.Context(), outbox.EachLane(10, 0), time.Minute)
	require.NoError(t, err)
	tx := f.begin()
	_, err = tx.Exec(t.Context(), "LOCK TABLE eventlog IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	result := make(chan outbox.Claim, 1)
	go func() {
		claim, err := store.Claim(t.Context(), outbox.EachLane(10, 0), time.Minute)
		if err != nil {
			t.Errorf("claim: %v", err)
		}
		result <- claim
	}()
	require.Eventually(t, func() bool {
		return f.blocked() == 1
	}, 10*time.Second, time.Millisecond)
	_, err = outbox.Create(t.Context(), tx, outbox.NewEntry{Topic: "copy", Ref: "r", Delay: time.Millisecond})
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SELECT pg_sleep(0.01)")
	require.NoError(t, err)
	require.NoError(t, tx.Commit(t.Context()))
	claim := <-result
	require.Empty(t, claim.Entries, "it was not due when the claim began")
	require.Zero(t, claim.Next)
}

func TestFreshEntriesGetTheirShareOfABacklog(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(`INSERT INTO eventlog (topic, ref, due, dispatch_at)
		SELECT 'async.event', 'old', now() - interval '1 hour', now() - interval '1 hour' + i * interval '1 second'
		FROM generate_series(1, 100) i`)
	f.async("fresh", 0)
	refs := func(claimed []outbox.Claimed) (refs []string) {
		for _, c := range claimed {
			refs = append(refs, c.Ref)
		}
		return refs
	}
	require.NotContains(t, refs(f.claim(10, 0)), "fresh", "without a share the oldest come first")
	claimed := f.claim(10, 2)
	require.Contains(t, refs(claimed), "fresh")
	require.Len(t, claimed, 11, "old ones are no part of the share")
	require.Equal(t, 11+10-1, f.count("SELECT count(*) FROM eventlog WHERE ref = 'old' AND generation = 1 AND dispatch_at < now() + interval '2 minutes'"))
	require.Equal(t, 20, f.count(`SELECT count(*) FROM (
		SELECT generation FROM eventlog WHERE ref = 'old' ORDER BY created, id LIMIT 100) o WHERE generation = 1`))
}

func TestTheOldestAreClaimedFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var want []uuid.UUID
	for i := range 5 {
		want = append(want, f.create(outbox.NewEntry{Topic: "copy", Ref: "r", Due: time.Now().Add(time.Duration(i-10) * time.Minute)}))
	}
	require.Equal(t, want[:3], f.claimedIDs(3, 0))
	require.Equal(t, want[3:], f.claimedIDs(3, 0))
}

func TestLargeDataAreReadByThemselves(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, size := range []int{8192, 8193} {
		f.create(outbox.NewEntry{Topic: "copy", Ref: "r", Data: []byte(`"` + strings.Repeat("x", size-2) + `"`)})
	}
	f.create(outbox.NewEntry{Topic: "copy", Ref: "without"})
	claimed := f.claim(10, 0)
	require.Len(t, claimed, 3)
	require.Len(t, claimed[0].Data, 8192)
	require.False(t, claimed[0].DataLeftOut)
	require.Nil(t, claimed[1].Data)
	require.True(t, claimed[1].DataLeftOut)
	require.Nil(t, claimed[2].Data)
	require.False(t, claimed[2].DataLeftOut)

	data, err := f.store.Data(t.Context(), &claimed[1].Entry)
	require.NoError(t, err)
	require.Len(t, data, 8193)
	data, err = f.store.Data(t.Context(), &claimed[2].Entry)
	require.NoError(t, err)
	require.Nil(t, data)
	f.exec("DELETE FROM eventlog")
	_, err = f.store.Data(t.Context(), &claimed[1].Entry)
	require.ErrorIs(t, err, pgx.ErrNoRows)
}

// A relay that asked for "ids greater than the last I saw" would never find it:
// the order of ids is not the order of commits.
func TestAnEntryThatCommitsLateIsFound(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	slow := f.begin()
	early, err := outbox.Create(t.Context(), slow, outbox.NewEntry{Topic: "copy", Ref: "early"})
	require.NoError(t, err)
	var late []uuid.UUID
	for range 3 {
		late = append(late, f.create(outbox.NewEntry{Topic: "copy", Ref: "late"}))
	}
	require.ElementsMatch(t, late, f.claimedIDs(10, 10))
	require.NoError(t, slow.Commit(t.Context()))
	require.Equal(t, []uuid.UUID{early}, f.claimedIDs(10, 10))
}

// A row that somebody else has locked is passed over, and is not hidden by it.
func TestAClaimDoesNotWaitForALockedEntry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	locked := f.create(outbox.NewEntry{Topic: "copy", Ref: "locked"})
	free := f.create(outbox.NewEntry{Topic: "copy", Ref: "free"})
	tx := f.begin()
	_, err := tx.Exec(t.Context(), "SELECT FROM eventlog WHERE id = $1 FOR UPDATE", locked)
	require.NoError(t, err)
	require.Equal(t, []uuid.UUID{free}, f.claimedIDs(10, 10))
	require.NoError(t, tx.Rollback(t.Context()))
	require.Equal(t, []uuid.UUID{locked}, f.claimedIDs(10, 10))
}
