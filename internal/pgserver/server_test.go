package pgserver

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestStopLeavesNothing(t *testing.T) {
	t.Parallel()
	temp := reachable(t)
	log := new(tail)
	s := mustStart(t, Options{TempDir: temp, Log: log})
	require.True(t, alive(s.PID()))
	connect(t, s) // and keep the connection: Stop has to cut it

	stop(t, s)

	require.False(t, alive(s.PID()), "server process")
	requireEmpty(t, temp)
	require.Contains(t, log.String(), "received immediate shutdown request")
	stop(t, s) // a second time
}

func TestStopEndsServerWhoseContextHasEnded(t *testing.T) {
	t.Parallel()
	s := mustStart(t, Options{Dir: reachable(t)})
	ended, cancel := context.WithCancel(t.Context())
	cancel()

	require.NoError(t, s.Stop(ended))

	require.False(t, alive(s.PID()))
}

func TestServerIsDurableAndPrivateUnlessAskedOtherwise(t *testing.T) {
	t.Parallel()
	durable := mustStart(t, Options{Settings: map[string]string{}})
	fast := mustStart(t, Options{Settings: map[string]string{"fsync": "off", "work_mem": "7MB"}})

	require.Equal(t, "on", setting(t, durable, "fsync"))
	require.Equal(t, "on", setting(t, durable, "synchronous_commit"))
	require.Equal(t, "200", setting(t, durable, "max_connections"))
	require.Equal(t, "127.0.0.1", setting(t, durable, "listen_addresses"))
	require.Empty(t, setting(t, durable, "unix_socket_directories"))
	_, err := pgx.Connect(t.Context(), databaseURL("guess", durable.Port()))
	require.ErrorContains(t, err, "28P01", "a wrong password")
	require.Equal(t, "off", setting(t, fast, "fsync"))
	require.Equal(t, "7MB", setting(t, fast, "work_mem"))
}

func TestSecondStartKeepsData(t *testing.T) {
	t.Parallel()
	dir := reachable(t) + "/missing/data"
	first := mustStart(t, Options{Dir: dir})
	_, err := connect(t, first).Exec(t.Context(), `CREATE TABLE kept AS SELECT 42 AS answer`)
	require.NoError(t, err)
	stop(t, first)

	second := mustStart(t, Options{Dir: dir, Port: first.Port()})

	var answer int
	require.NoError(t, connect(t, second).QueryRow(t.Context(), `SELECT answer FROM kept`).Scan(&answer))
	require.Equal(t, 42, answer)
	require.Equal(t, first.URL(), second.URL(), "the same password and port")
}

func TestDoneTellsOfServerThatDied(t *testing.T) {
	t.Parallel()
	temp := reachable(t)
	s := mustStart(t, Options{Dir: temp})

	// Not SIGKILL, which would leave shared memory behind.
	require.NoError(t, endOrphan(s.PID()))

	select {
	case <-s.Done():
	case <-time.After(15 * time.Second):
		require.Fail(t, "the death of the server was not noticed")
	}
	stop(t, s)
}
