package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgrestest"
)

// TestARaceForEntriesOverHTTP: fifty clients take a thousand entries, each one at a
// time or several at once. A third of the clients are processes, which are killed
// while they hold entries: what they held comes back when its lock has expired.
// Nobody ever has an entry that another has, and each is removed once.
func TestARaceForEntriesOverHTTP(t *testing.T) {
	const clients, mortals, entries = 50, 17, 1000
	db := postgrestest.New(t)
	c := newClusterOn(t, db.Pool, db.URL, time.Minute)
	_, err := c.pool.Exec(t.Context(), notesSQL)
	require.NoError(t, err)
	_, err = c.pool.Exec(t.Context(), "INSERT INTO eventlog (topic, ref) SELECT 'race', i::text FROM generate_series(1, $1::integer) i", entries)
	require.NoError(t, err)

	began := time.Now()
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	errs := make([]error, clients-mortals)
	var immortal sync.WaitGroup
	for i := range errs {
		immortal.Go(func() {
			r := &racer{
				name: fmt.Sprintf("immortal-%d", i), api: c.api, http: &http.Client{Transport: transport}, notes: c.pool,
				work: 5 * time.Millisecond, tardy: i < 5,
			}
			errs[i] = r.run(t.Context())
		})
	}
	killed := c.killWhoHolds(t, startMortals(t, mortals, c.api, db.URL))
	immortal.Wait()
	require.NoError(t, errors.Join(errs...))
	took := time.Since(began)

	var left, removed, unproved, cameBack, twice int
	count := func(into *int, sql string, args ...any) {
		t.Helper()
		require.NoError(t, c.pool.QueryRow(t.Context(), sql, args...).Scan(into))
	}
	count(&left, "SELECT count(*) FROM eventlog WHERE topic = 'race'")
	require.Zero(t, left, "entries that nobody removed")
	count(&removed, "SELECT count(*) FROM removed")
	// Who is killed between the removal and its note has proved nothing, but nobody
	// else may have had the entry after it.
	count(&unproved, "SELECT count(*) FROM ("+lastHoldersSQL+") l WHERE holder = ANY($1) AND removes AND NOT settled", killed)
	require.Equal(t, entries, removed+unproved, "each entry is removed once")
	count(&twice, "SELECT count(*) FROM removed r JOIN ("+lastHoldersSQL+") l USING (entry) WHERE l.holder <> r.holder AND l.during <> 'empty'")
	require.Zero(t, twice, "entries that somebody had after they were removed")
	count(&cameBack, `
		SELECT count(DISTINCT h.entry) FROM held h JOIN removed r USING (entry)
		WHERE h.holder = ANY($1) AND NOT h.settled AND r.holder <> h.holder`, killed)
	require.GreaterOrEqual(t, cameBack, mortals/2, "entries that the killed held")
	t.Logf("%d clients handled %d entries in %v; %d came back from the %d that were killed, %d were removed in the moment of death",
		clients, entries, took.Round(time.Millisecond), cameBack, len(killed), unproved)
}

// lastHoldersSQL are the holds behind which there is none of the same entry.
const lastHoldersSQL = `SELECT DISTINCT ON (entry) entry, holder, during, removes, settled FROM held ORDER BY entry, since DESC`

func startMortals(t *testing.T, n int, api, database string) map[string]*exec.Cmd {
	t.Helper()
	mortals := map[string]*exec.Cmd{}
	for i := range n {
		name := fmt.Sprintf("mortal-%d", i)
		cmd := exec.CommandContext(context.Background(), os.Args[0])
		cmd.Env = append(os.Environ(), asRacer+"="+name, racerAPI+"="+api, racerDatabase+"="+database)
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		mortals[name] = cmd
	}
	return mortals
}

// killWhoHolds kills each of the processes in a moment in which it holds entries,
// once a fifth of all are done, and returns their names.
func (c *cluster) killWhoHolds(t *testing.T, alive map[string]*exec.Cmd) (killed []string) {
	t.Helper()
	require.Eventually(t, func() bool {
		var done int
		return c.pool.QueryRow(t.Context(), "SELECT count(*) FROM removed").Scan(&done) == nil && done >= 200
	}, 30*time.Second, 5*time.Millisecond, "nothing is done")
	require.Eventually(t, func() bool {
		for _, name := range c.holders(t) {
			if cmd := alive[name]; cmd != nil {
				require.NoError(t, cmd.Process.Kill())
				killed = append(killed, name)
				delete(alive, name)
			}
		}
		return len(alive) == 0
	}, 20*time.Second, time.Millisecond, "there is a process that never holds anything")
	return killed
}

func (c *cluster) holders(t *testing.T) []string {
	t.Helper()
	rows, err := c.pool.Query(t.Context(), "SELECT DISTINCT holder FROM held WHERE NOT settled AND NOT removes")
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return names
}
