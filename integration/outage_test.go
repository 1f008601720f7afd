package integration

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/pgserver"
	"github.com/postlude/postlude/internal/postgres"
)

// TestTheBrokerGoesAwayAndComesBack, with its streams and, the second time,
// without them.
func TestTheBrokerGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 5*time.Second)
	c.start("outbox-relay")
	c.start("async-worker")
	c.start("async-worker")
	l := newLoad(400)
	var once, again sync.Once
	c.clients(l.size(), func(i int) error {
		if i >= l.size()/4 {
			once.Do(c.broker.Restart)
		}
		if i >= l.size()/2 {
			again.Do(c.broker.Wipe)
		}
		return l.put(c, i)
	})
	require.Eventually(t, func() bool { return c.pending() == 0 }, 60*time.Second, 50*time.Millisecond, "entries are left")
	l.check(c)
}

// TestWorkersAreReplacedInTurn: what a worker that is told to stop had only
// fetched is back at work at once, not after a lease of a minute.
func TestWorkersAreReplacedInTurn(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	relay, worker := c.start("outbox-relay"), c.start("async-worker")
	l := newLoad(600)
	c.clients(l.size(), func(i int) error {
		if i%100 == 50 {
			next := c.start("async-worker")
			worker.stop(t)
			worker = next
		}
		if i == 300 {
			next := c.start("outbox-relay")
			relay.stop(t)
			relay = next
		}
		return l.put(c, i)
	})
	last := time.Now()
	require.Eventually(t, func() bool { return c.pending() == 0 }, 50*time.Second, 20*time.Millisecond, "entries are left")
	took := time.Since(last)
	l.check(c)
	require.Less(t, took, 15*time.Second, "that was the lease")
}

// TestPostgresGoesAwayAndComesBack: relay and worker wait for it, and end in
// order afterwards.
func TestPostgresGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "postlude-outage-") //nolint:usetesting // Postgres may not enter the test's own
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755)) // for the user that Postgres runs as
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	start := func(port int) *pgserver.Server {
		pg, err := pgserver.Start(context.Background(), pgserver.Options{Dir: filepath.Join(dir, "data"), Port: port})
		require.NoError(t, err)
		return pg
	}
	pg := start(0)
	t.Cleanup(func() { _ = pg.Stop(context.Background()) })
	_, err = postgres.Migrate(t.Context(), pg.URL(), zerolog.Nop())
	require.NoError(t, err)
	pool, err := postgres.Connect(t.Context(), postgres.Config{URL: pg.URL(), MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	c := newClusterOn(t, pool, pg.URL(), 5*time.Second)
	c.start("outbox-relay")
	c.start("async-worker")

	l := newLoad(200)
	c.clients(l.size(), func(i int) error { return l.put(c, i) })
	port := pg.Port()
	require.NoError(t, pg.Stop(t.Context()))
	<-time.After(2 * time.Second)
	pg = start(port)
	require.Eventually(t, func() bool { return c.pending() == 0 }, 60*time.Second, 50*time.Millisecond, "entries are left")
	l.check(c)
}
