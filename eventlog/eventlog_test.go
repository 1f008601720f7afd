package eventlog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
	"github.com/postlude/postlude/internal/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func Example() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE invoice SET sent = now() WHERE id = $1", "2026-000123"); err != nil {
			return err
		}
		_, err := eventlog.Create(ctx, tx, eventlog.Event{
			Topic: "invoice.sent",
			Ref:   "2026-000123",
			Data:  json.RawMessage(`{"amount":[12.5]}`),
			Delay: 24 * time.Hour,
		})
		return err
	})
	if err != nil {
		fmt.Println(err) // neither the invoice nor the entry has changed
	}
}

func TestAnEventExistsIfTheTransactionCommits(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	entries := func() (n int) {
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM eventlog").Scan(&n))
		return n
	}
	create := func() (pgx.Tx, string) {
		tx, err := pool.Begin(t.Context())
		require.NoError(t, err)
		id, err := eventlog.Create(t.Context(), tx, eventlog.Event{
			Topic: "invoice.sent", Ref: "r", Data: json.RawMessage(`{"amount":[12.50]}`), Delay: time.Hour,
		})
		require.NoError(t, err)
		return tx, id
	}
	tx, _ := create()
	require.NoError(t, tx.Rollback(t.Context()))
	require.Zero(t, entries())

	tx, id := create()
	require.Zero(t, entries(), "seen before the commit")
	require.NoError(t, tx.Commit(t.Context()))
	var topic, ref, data string
	var seconds float64
	require.NoError(t, pool.QueryRow(t.Context(), `
		SELECT topic, ref, data::text, extract(epoch FROM due - created)::float8
		FROM eventlog WHERE id = $1`, id).Scan(&topic, &ref, &data, &seconds))
	require.Equal(t, "invoice.sent", topic)
	require.Equal(t, "r", ref)
	require.Equal(t, `{"amount":[12.50]}`, data) //nolint:testifylint // as it was written, byte by byte
	require.InDelta(t, 3600, seconds, 1)
	parsed, err := uuid.Parse(id)
	require.NoError(t, err)
	require.Equal(t, uuid.Version(7), parsed.Version())
}

func TestAnInvalidEventAbortsTheTransaction(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	for name, event := range map[string]eventlog.Event{
		"no topic":       {Ref: "r"},
		"no ref":         {Topic: "t"},
		"negative delay": {Topic: "t", Ref: "r", Delay: -1 * time.Second},
		"no JSON":        {Topic: "t", Ref: "r", Data: json.RawMessage("{")},
		"U+0000":         {Topic: "t", Ref: "r", Data: json.RawMessage(`"\u0000"`)},
		"no trace":       {Topic: "t", Ref: "r", Traceparent: "trace"},
	} {
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			id, err := eventlog.Create(t.Context(), tx, event)
			require.ErrorIs(t, err, eventlog.ErrInvalid, name)
			require.Empty(t, id)
			return nil // who ignores the error does not commit either
		})
		require.ErrorIs(t, err, pgx.ErrTxCommitRollback, name)
	}
}

func TestADueTimeMayBePast(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	due := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := eventlog.Create(t.Context(), tx, eventlog.Event{Topic: "t", Ref: "r", Due: due, Delay: time.Hour})
		return err
	})
	require.NoError(t, err)
	var stored time.Time
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT due FROM eventlog").Scan(&stored))
	require.True(t, due.Equal(stored), "%s", stored)
}

func TestARepeatedCallCreatesNothing(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	event := eventlog.Event{
		Topic: "invoice.sent", Ref: "r", IdempotencyKey: "invoice 123",
		Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	}
	create := func() (id string, err error) {
		err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			id, err = eventlog.Create(t.Context(), tx, event)
			return err
		})
		return id, err
	}
	first, err := create()
	require.NoError(t, err)
	second, err := create()
	require.NoError(t, err)
	require.Equal(t, first, second)
	var entries int
	var trace string
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*), max(traceparent) FROM eventlog").Scan(&entries, &trace))
	require.Equal(t, 1, entries)
	require.Equal(t, event.Traceparent, trace)
	event.Ref = "other"
	_, err = create()
	require.ErrorIs(t, err, eventlog.ErrKeyReused)
}
