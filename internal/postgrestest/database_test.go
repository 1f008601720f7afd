package postgrestest

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgres"
)

func TestMain(m *testing.M) { Main(m) }

func TestNewIsMigrated(t *testing.T) {
	t.Parallel()
	require.NoError(t, postgres.CheckSchema(t.Context(), New(t).Pool))
}

func TestNewEmptyIsNotMigrated(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, postgres.CheckSchema(t.Context(), NewEmpty(t).Pool), postgres.ErrSchemaOutdated)
}

func TestEveryTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	one, two := New(t), New(t)
	listener, err := pgx.Connect(t.Context(), two.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close(t.Context())) }()
	_, err = listener.Exec(t.Context(), `LISTEN bell`)
	require.NoError(t, err)

	_, err = one.Pool.Exec(t.Context(), `CREATE TABLE mine (name text)`)
	require.NoError(t, err)
	_, err = one.Pool.Exec(t.Context(), `NOTIFY bell`)
	require.NoError(t, err)

	_, err = two.Pool.Exec(t.Context(), `CREATE TABLE mine (name text)`)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = listener.WaitForNotification(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded, "a notification of another test")
}

func TestDatabaseIsDroppedWithWhoeverIsConnected(t *testing.T) { //nolint:tparallel // it needs the subtest's end
	t.Parallel()
	var guest *pgx.Conn
	t.Run("test", func(t *testing.T) {
		var err error
		guest, err = pgx.Connect(context.Background(), New(t).URL)
		require.NoError(t, err)
	})
	defer func() { _ = guest.Close(context.Background()) }() // its server process is gone

	require.Error(t, guest.Ping(t.Context()))
	require.False(t, databaseExists(t, guest.Config().Database))
}

func TestTextIsNotSortedByBytes(t *testing.T) {
	t.Parallel()
	var before bool
	require.NoError(t, New(t).Pool.QueryRow(t.Context(), `SELECT 'a'::text < 'B'::text`).Scan(&before))
	require.True(t, before)
}

func databaseExists(tb testing.TB, name string) (exists bool) {
	tb.Helper()
	const query = `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`
	require.NoError(tb, shared.Load().admin.QueryRow(tb.Context(), query, name).Scan(&exists))
	return exists
}

func BenchmarkNew(b *testing.B) {
	New(b) // starts the server
	for b.Loop() {
		New(b)
	}
}
