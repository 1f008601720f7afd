package outbox_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

type discarded struct {
	Ref, Reason, ArmedBy, TransactionID, Data string
}

func (f *fixture) discarded() []discarded {
	f.t.Helper()
	rows, err := f.pool.Query(f.t.Context(), `
		SELECT ref, reason, armed_by, transaction_id, coalesce(data::text, '')
		FROM eventlog_discarded ORDER BY ref, armed_by`)
	require.NoError(f.t, err)
	records, err := pgx.CollectRows(rows, pgx.RowToStructByPos[discarded])
	require.NoError(f.t, err)
	return records
}

func TestAMoveDiscardsWhatEarlierProcessingsArmed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	require.NoError(t, outbox.Insert(t.Context(), f.pool, []outbox.NewEntry{
		{Topic: outbox.TopicAsync, Ref: "moved", ArmedBy: "t1", Data: []byte(`{"a":[1.0]}`)},
		{Topic: outbox.TopicAsync, Ref: "moved", ArmedBy: "t2", Delay: time.Hour},
		{Topic: outbox.TopicAsync, Ref: "moved too", ArmedBy: "t3"},
		{Topic: outbox.TopicAsync, Ref: "stays", ArmedBy: "t4"},
	}))
	// The same ref, but nobody's business: written by others.
	copied := f.create(outbox.NewEntry{Topic: "copy", Ref: "moved"})
	foreign := f.async("moved", 0)

	tx := f.begin()
	n, err := outbox.DiscardArmed(t.Context(), tx, []outbox.Move{{"moved", "t9"}, {"moved too", "t8"}, {"unknown", "t7"}})
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, 6, f.count("SELECT count(*) FROM eventlog"), "nothing happens before the commit")
	require.Empty(t, f.discarded())
	require.NoError(t, tx.Commit(t.Context()))

	require.Equal(t, []discarded{
		{"moved", outbox.ReasonStale, "t1", "t9", `{"a":[1.0]}`},
		{"moved", outbox.ReasonStale, "t2", "t9", ""},
		{"moved too", outbox.ReasonStale, "t3", "t8", ""},
	}, f.discarded())
	require.Equal(t, 3, f.count("SELECT count(*) FROM eventlog"))
	require.Equal(t, 2, f.count("SELECT count(*) FROM eventlog WHERE id IN ($1, $2)", copied, foreign), "entries of others were touched")
	require.Equal(t, 1, f.count("SELECT count(*) FROM eventlog WHERE ref = 'stays'"))

	n, err = outbox.DiscardArmed(t.Context(), f.pool, nil)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestStaleEntriesAreRecordedWithBothTransactions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	stale, other := f.async("stale", 0), f.async("other", 0)
	require.NoError(t, errorOf(outbox.DiscardStale(t.Context(), f.pool, nil)))
	for range 2 { // delivered twice: recorded once
		require.NoError(t, errorOf(outbox.DiscardStale(t.Context(), f.pool, []outbox.Stale{{ID: stale, Expected: "t1", Found: "t2"}})))
	}
	require.Equal(t, []discarded{{"stale", outbox.ReasonStale, "t1", "t2", ""}}, f.discarded())
	require.Equal(t, 1, f.count("SELECT count(*) FROM eventlog WHERE id = $1", other))
	require.Equal(t, 1, f.count("SELECT count(*) FROM eventlog"))
}

func TestOldRecordsArePurged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(`INSERT INTO eventlog_discarded (id, topic, ref, due, reason, discarded)
		SELECT eventlog_id(), 't', 'old', now(), 'stale', now() - interval '8 days' FROM generate_series(1, 10001)`)
	f.exec(`INSERT INTO eventlog_discarded (id, topic, ref, due, reason, discarded)
		SELECT eventlog_id(), 't', 'young', now(), 'stale', now() - interval '6 days' FROM generate_series(1, 3)`)
	for _, want := range []int{10_000, 1, 0} {
		n, err := f.store.PurgeDiscarded(t.Context(), 7*24*time.Hour)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	require.Equal(t, 3, f.count("SELECT count(*) FROM eventlog_discarded WHERE ref = 'young'"))
}
