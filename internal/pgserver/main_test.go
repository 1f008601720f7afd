package pgserver

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(ownerVariable) != "" {
		ownServer()
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// quick completes the options of a server whose data nobody needs after the
// test.
func quick(opts Options) Options {
	if opts.TempDir == "" {
		opts.TempDir = MemoryDir()
	}
	if opts.Settings == nil {
		opts.Settings = map[string]string{"fsync": "off"}
	}
	return opts
}

// reachable returns a directory that the account which runs the server in place
// of root can enter.
func reachable(tb testing.TB) string {
	tb.Helper()
	// Not tb.TempDir: its parent is closed to others.
	dir, err := os.MkdirTemp(MemoryDir(), "pgserver-test-*") //nolint:usetesting // see above
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, os.RemoveAll(dir)) })
	require.NoError(tb, os.Chmod(dir, 0o755))
	return dir
}

func mustStart(tb testing.TB, opts Options) *Server {
	tb.Helper()
	s, err := Start(tb.Context(), quick(opts))
	require.NoError(tb, err)
	tb.Cleanup(func() { stop(tb, s) })
	return s
}

func stop(tb testing.TB, s *Server) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	require.NoError(tb, s.Stop(ctx))
}

func connect(tb testing.TB, s *Server) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), s.URL())
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = conn.Close(context.Background()) }) // the server may be gone
	return conn
}

// setting returns a configuration parameter of the server.
func setting(tb testing.TB, s *Server, name string) (value string) {
	tb.Helper()
	err := connect(tb, s).QueryRow(tb.Context(), "SELECT current_setting($1)", name).Scan(&value)
	require.NoError(tb, err)
	return value
}

func requireGone(tb testing.TB, pid int) {
	tb.Helper()
	require.Eventually(tb, func() bool { return !alive(pid) }, 15*time.Second, 5*time.Millisecond,
		"process %d has not ended", pid)
}

func requireEmpty(tb testing.TB, dir string) {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(tb, err)
	require.Empty(tb, entries)
}
