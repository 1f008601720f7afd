package outbox

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/postgrestest"
)

// A list reads what it shows, whatever else there is: pages are counted.
func TestListsWalkAnIndex(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	pool, err := postgres.Connect(t.Context(), postgres.Config{URL: db.URL, MaxConns: 1, Lookups: true})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	write := func(sql string, args ...any) {
		_, err := pool.Exec(t.Context(), sql, args...)
		require.NoError(t, err)
	}
	lists := func() map[string]int {
		costs := map[string]int{}
		for name, c := range map[string]struct {
			lock string
			due  bool
		}{"free": {"free", false}, "due": {"free", true}, "locked": {"locked", false}, "locked and due": {"locked", true}, "all": {"any", false}} {
			costs[name] = pages(t, pool, listSQL, "topics", []string{"t"}, []string{c.lock}, "", c.due, 20, 0, nil, maxListedData)
		}
		return costs
	}
	write("INSERT INTO eventlog (topic, ref, due) SELECT 't', 'r', now() FROM generate_series(1, 20)")
	write("INSERT INTO eventlog (topic, ref, lock_owner, lock_expires) SELECT 't', 'r', 'anna', now() + interval '1 hour' FROM generate_series(1, 20)")
	few := lists()
	// older than the others, and not due
	write(`INSERT INTO eventlog (topic, ref, created, due) SELECT 't', 'r', now() - interval '1 day', now() + interval '1 day' FROM generate_series(1, 50000)`)
	many := lists()
	t.Log(few, many)
	for name, n := range many {
		require.Less(t, n, 2*few[name]+200, "pages read by the list %s", name)
	}
}

// Whoever settles a locked entry finds it by its id. By the statistics of a table
// without locks an index of what is locked looks as if it were empty.
func TestALockIsSettledByTheID(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	pool, err := postgres.Connect(t.Context(), postgres.Config{URL: db.URL, MaxConns: 1, Lookups: true})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	exec := func(sql string) {
		_, err := pool.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	exec("INSERT INTO eventlog (topic, ref) SELECT 't', 'r' FROM generate_series(1, 20000)")
	exec("VACUUM ANALYZE eventlog")
	exec("UPDATE eventlog SET lock_owner = 'anna', lock_expires = now() + interval '1 hour'")
	var id uuid.UUID
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT id FROM eventlog LIMIT 1").Scan(&id))
	for _, call := range []string{
		"SELECT eventlog_extend($1, 'anna', interval '1 hour')", "SELECT eventlog_unlock($1, 'anna')",
	} {
		require.Less(t, pages(t, pool, call, id), 150, call)
	}
	require.Less(t, pages(t, pool, "SELECT eventlog_remove($1, 'anna')", id), 150)
	require.NoError(t, Delete(t.Context(), pool, id, "anna"))
	_, err = Lock(t.Context(), pool, id, "anna", time.Minute)
	require.ErrorIs(t, err, ErrNotFound)
}
