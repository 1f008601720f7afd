package outbox_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

// A refusal does not end the caller's transaction, and what was done in it goes
// with it.
func TestTheServiceWorksInTheCallersTransaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	id := f.create(outbox.NewEntry{Topic: "t", Ref: "r"})
	other := f.create(outbox.NewEntry{Topic: "t", Ref: "other"})
	tx := f.begin()
	_, err := outbox.Lock(ctx, tx, uuid.New(), "anna", time.Minute)
	require.ErrorIs(t, err, outbox.ErrNotFound)
	require.ErrorIs(t, outbox.Unlock(ctx, tx, id, "anna"), outbox.ErrNotLocked)
	_, err = outbox.Lock(ctx, tx, id, "anna", time.Hour)
	require.NoError(t, err)
	require.NoError(t, outbox.Cancel(ctx, tx, other))
	created, err := outbox.Create(ctx, tx, outbox.NewEntry{Topic: "t", Ref: "new"})
	require.NoError(t, err)
	require.NoError(t, outbox.Fire(ctx, tx, created))
	listed, err := outbox.List(ctx, tx, outbox.Selection{Limit: 10})
	require.NoError(t, err)
	require.Len(t, listed, 2)
	require.NoError(t, outbox.SetTopic(ctx, tx, outbox.Topic{Pattern: "t", Policy: outbox.PolicyHold}))
	require.NoError(t, tx.Rollback(ctx))

	e, err := outbox.Get(ctx, f.pool, id)
	require.NoError(t, err)
	require.Empty(t, e.LockOwner)
	require.Equal(t, outbox.StatePending, e.State)
	require.Equal(t, 2, f.count("SELECT count(*) FROM eventlog"))
	require.Zero(t, f.count("SELECT count(*) FROM eventlog_discarded"))
}

// Who comes while another's lock is not committed yet waits for it, and is
// refused then.
func TestASecondLockWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.create(outbox.NewEntry{Topic: "t", Ref: "r"})
	tx := f.begin()
	_, err := outbox.Lock(t.Context(), tx, id, "anna", time.Hour)
	require.NoError(t, err)
	second := make(chan error, 1)
	go func() {
		_, err := outbox.Lock(t.Context(), f.pool, id, "bert", time.Hour)
		second <- err
	}()
	require.Eventually(t, func() bool { return f.blocked() == 1 }, 10*time.Second, time.Millisecond)
	require.NoError(t, tx.Commit(t.Context()))
	var locked *outbox.LockedError
	require.ErrorAs(t, <-second, &locked)
	require.Equal(t, "anna", locked.Owner)
}

// A removal that another was faster with finds nothing.
func TestARemovalWaitsForAnother(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.create(outbox.NewEntry{Topic: "t", Ref: "r"})
	tx := f.begin()
	require.NoError(t, outbox.Delete(t.Context(), tx, id, ""))
	second := make(chan error, 2)
	go func() { second <- outbox.Delete(t.Context(), f.pool, id, "") }()
	go func() { second <- outbox.Cancel(t.Context(), f.pool, id) }()
	require.Eventually(t, func() bool { return f.blocked() == 2 }, 10*time.Second, time.Millisecond)
	require.NoError(t, tx.Commit(t.Context()))
	require.ErrorIs(t, <-second, outbox.ErrNotFound)
	require.ErrorIs(t, <-second, outbox.ErrNotFound)
}

// A key that was used in a transaction that is rolled back is free.
func TestAKeyIsFreeAfterARollback(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	entry := outbox.NewEntry{Topic: "t", Ref: "r", IdempotencyKey: "key"}
	tx := f.begin()
	first, err := outbox.Create(t.Context(), tx, entry)
	require.NoError(t, err)
	type result struct {
		id    uuid.UUID
		isNew bool
		err   error
	}
	second := make(chan result, 1)
	go func() {
		id, isNew, err := outbox.CreateOnce(t.Context(), f.pool, entry)
		second <- result{id, isNew, err}
	}()
	require.Eventually(t, func() bool { return f.blocked() == 1 }, 10*time.Second, time.Millisecond)
	require.NoError(t, tx.Rollback(t.Context()))
	got := <-second
	require.NoError(t, got.err)
	require.True(t, got.isNew)
	require.NotEqual(t, first, got.id)
}

// Looking at an async entry does not lock its row: a worker would pass over it.
func TestARefusalLeavesWorkersAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.async("r", 0)
	tx := f.begin()
	_, err := outbox.Lock(t.Context(), tx, id, "anna", time.Minute)
	require.ErrorIs(t, err, outbox.ErrAsync)
	require.ErrorIs(t, outbox.Delete(t.Context(), tx, id, ""), outbox.ErrAsync)
	removed, err := outbox.Remove(t.Context(), f.pool, []uuid.UUID{id})
	require.NoError(t, err)
	require.True(t, removed[id])
}

func TestCancelIsRecorded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	require.NoError(t, outbox.Insert(t.Context(), f.pool, []outbox.NewEntry{
		{Topic: outbox.TopicAsync, Ref: "r", Data: []byte(`[1]`), ArmedBy: "tx 1", Delay: time.Hour},
	}))
	listed, err := outbox.List(t.Context(), f.pool, outbox.Selection{Limit: 1})
	require.NoError(t, err)
	id := listed[0].ID
	require.NoError(t, outbox.Cancel(t.Context(), f.pool, id))
	require.Equal(t, 1, f.count(`
		SELECT count(*) FROM eventlog_discarded
		WHERE id = $1 AND topic = 'async.event' AND ref = 'r' AND data::text = '[1]' AND reason = 'cancelled'
		  AND armed_by = 'tx 1' AND transaction_id IS NULL AND due > now()`, id))
}

func TestWhatIsPublishedIsNotCancelledNorFired(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.create(outbox.NewEntry{Topic: "t", Ref: "r"})
	claimed := f.claim(1, 0)
	require.Len(t, claimed, 1)
	require.NoError(t, f.store.MarkPublished(t.Context(), []outbox.Publication{{ID: id, Generation: 1}}))
	require.ErrorIs(t, outbox.Cancel(t.Context(), f.pool, id), outbox.ErrPublished)
	require.ErrorIs(t, outbox.Fire(t.Context(), f.pool, id), outbox.ErrPublished)
	require.NoError(t, outbox.Delete(t.Context(), f.pool, id, ""))
}

// Fire ends the wait of an entry, wherever it waits.
func TestFireHasTheRelayLook(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec("INSERT INTO eventlog_topic (pattern, policy) VALUES ('held', 'hold')")
	claimedAfter := func(id uuid.UUID) []uuid.UUID {
		require.NoError(t, outbox.Fire(t.Context(), f.pool, id))
		return f.claimedIDs(10, 0)
	}
	far := f.async("far", time.Hour)
	require.Equal(t, []uuid.UUID{far}, claimedAfter(far))
	require.Empty(t, claimedAfter(far), "it is on its way")
	require.Equal(t, 1, f.row(far).Generation)

	armed := f.async("armed", 10*time.Second)
	require.Equal(t, []uuid.UUID{armed}, f.claimedIDs(10, 0), "at the broker, to be held back")
	require.Equal(t, []uuid.UUID{armed}, claimedAfter(armed))
	requireNear(t, 0, f.row(armed).Due, "due")

	failed := f.async("failed", 0)
	f.claim(10, 0)
	require.NoError(t, errorOf(f.store.Fail(t.Context(), []outbox.Failure{{ID: failed, Error: "x", Pause: time.Hour}})))
	require.Equal(t, []uuid.UUID{failed}, claimedAfter(failed))

	held := f.create(outbox.NewEntry{Topic: "held", Ref: "r", Delay: time.Hour})
	require.Empty(t, claimedAfter(held))
	requireNear(t, 0, f.row(held).Due, "due")
	require.True(t, f.row(held).Parked)
}
