package demo

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgrestest"
)

func arming(ref string) []outbox.NewEntry {
	return []outbox.NewEntry{{
		Topic: outbox.TopicAsync, Ref: ref, ArmedBy: "t1", Data: []byte(`{"$eventid":[20],"$transactionid":["t1"]}`),
	}}
}

// An entry that somebody deletes is found to be lost, whatever the parts count.
func TestAuditFindsADeletedEntry(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	a := audit{pool: db.Pool, witness: witness{db.Pool}, ids: []string{"w1"}}
	require.NoError(t, a.witness.call(t.Context()))
	_, err := db.Pool.Exec(t.Context(), `
INSERT INTO workitem (uniqueid, version, transaction_id, armed_by, model_version, task_id, type, workflow_group, created, modified, items)
VALUES ('w1', 1, 't1', 't1', 'm', 1, 'workitem', 'M', now(), now(), '{"$eventlog":["2026-01-02T03:04:05.000Z|m|0|10|1||"]}')`)
	require.NoError(t, err)
	require.NoError(t, outbox.Insert(t.Context(), db.Pool, arming("w1")))

	require.Equal(t, tally{workitems: 1, committed: 1, pending: 1}, judged(t, a))
	_, err = db.Pool.Exec(t.Context(), `DELETE FROM eventlog`)
	require.NoError(t, err)
	got := judged(t, a)
	require.Len(t, got.findings, 1)
	got.findings = nil
	require.Equal(t, tally{workitems: 1, committed: 1, lost: 1}, got)
	require.NoError(t, a.witness.dismiss(t.Context()))
}

func judged(t *testing.T, a audit) tally {
	t.Helper()
	accounts, err := a.accounts(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, accounts, 1)
	var got tally
	got.judge(accounts[0], testModel(), true)
	return got
}

// The witness sees what commits, when it commits.
func TestWitness(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	w := witness{db.Pool}
	require.NoError(t, w.call(t.Context()))
	require.NoError(t, w.call(t.Context()), "what a killed demo left is replaced")

	const pause = 50 * time.Millisecond
	require.NoError(t, outbox.Insert(t.Context(), db.Pool, arming("w1")))
	require.NoError(t, pgx.BeginFunc(t.Context(), db.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `DELETE FROM eventlog`); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `SELECT pg_sleep($1)`, pause.Seconds())
		return err
	}))
	tx, err := db.Pool.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, outbox.Insert(t.Context(), tx, arming("w1")))
	require.NoError(t, tx.Rollback(t.Context()))

	var got []entry
	require.NoError(t, w.entries(t.Context(), []string{"w1"}, func(_ string, e entry) { got = append(got, e) }))
	require.Len(t, got, 1, "what was rolled back is not seen")
	require.Equal(t, 20, got[0].event)
	require.False(t, got[0].removed.Before(got[0].due))
	require.GreaterOrEqual(t, got[0].committed.Sub(got[0].removed), pause)
}
