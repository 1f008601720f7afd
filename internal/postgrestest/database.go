package postgrestest

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgres"
)

// poolSize times the tests that run at once stays below the server's limit.
const poolSize = 8

// cleanupTimeout bounds what happens after the test.
const cleanupTimeout = 30 * time.Second

// Database belongs to one test. Nothing that the test does in it is seen by
// another, notifications and advisory locks included.
type Database struct {
	Pool *pgxpool.Pool // closed at the end of the test
	URL  string        // for further connections and other processes
}

// New returns a migrated database. The end of the test drops it, with whoever is
// still connected.
func New(tb testing.TB) *Database {
	tb.Helper()
	return open(tb, (*server).fromTemplate)
}

// NewEmpty returns a database that was never migrated. The end of the test drops
// it.
func NewEmpty(tb testing.TB) *Database {
	tb.Helper()
	return open(tb, (*server).empty)
}

func open(tb testing.TB, create func(*server, context.Context) (*created, error)) *Database {
	tb.Helper()
	s := shared.Load()
	if s == nil {
		require.FailNow(tb, "this package's TestMain does not call postgrestest.Main")
	}
	database, err := create(s, tb.Context())
	require.NoError(tb, err)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		require.NoError(tb, s.drop(ctx, database.name))
	})
	pool, err := postgres.Connect(tb.Context(), postgres.Config{
		URL: database.url, MaxConns: poolSize, ApplicationName: "test",
	})
	require.NoError(tb, err)
	tb.Cleanup(pool.Close)
	return &Database{Pool: pool, URL: database.url}
}
