package postgrestest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgres"
)

func TestServerOfTheEnvironmentIsUsedAndLeftAsItWas(t *testing.T) {
	outside := NewEmpty(t) // stands for a server that somebody else runs
	t.Setenv(urlVariable, outside.URL)
	s := new(server)

	database, err := s.fromTemplate(t.Context())
	require.NoError(t, err)
	require.Nil(t, s.private)
	require.NoError(t, postgres.CheckSchema(t.Context(), connectTo(t, database.url)))

	require.NoError(t, s.drop(t.Context(), database.name))
	require.NoError(t, s.stop())
	require.False(t, databaseExists(t, database.name))
	require.False(t, databaseExists(t, s.template()))
	require.NoError(t, outside.Pool.Ping(t.Context()))
}

func TestMissingServerIsAnError(t *testing.T) {
	t.Setenv(urlVariable, "postgres://nobody@127.0.0.1:1/none")
	s := new(server)

	_, first := s.fromTemplate(t.Context())
	_, second := s.empty(t.Context())

	require.ErrorContains(t, first, "postgres for tests: connect to postgres")
	require.Equal(t, first, second, "every test fails")
	require.NoError(t, s.stop())
}

func TestUnusedServerIsNotStarted(t *testing.T) {
	t.Parallel()
	s := new(server)
	require.NoError(t, s.stop())
	require.Nil(t, s.private)
}

func TestURLVariableMustBeAURL(t *testing.T) {
	t.Parallel()
	_, err := withDatabase("host=localhost dbname=x", "y")
	require.ErrorContains(t, err, urlVariable)
}

func connectTo(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = conn.Close(context.Background()) }) // dropped with the database
	return conn
}
