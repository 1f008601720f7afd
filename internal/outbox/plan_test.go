package outbox

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/postgrestest"
)

// A claim must not pay for the timers that wait, nor must the search for the
// next entry. Pages are counted, since time depends on the machine.
func TestAClaimDoesNotPayForWaitingTimers(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	// Planned as in a relay: nobody analyses the table between two waves.
	pool, err := postgres.Connect(t.Context(), postgres.Config{URL: db.URL, MaxConns: 2, Lookups: true})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	write := func(n int, due string) {
		_, err := pool.Exec(t.Context(), `
			INSERT INTO eventlog (topic, ref, due, dispatch_at)
			SELECT 'async.event', 'r', d.due, d.due - interval '30 seconds'
			FROM generate_series(1, $1::integer) i, LATERAL (SELECT now() + $2::interval + i * interval '1 millisecond' AS due) d`, n, due)
		require.NoError(t, err)
	}
	write(50, "-1 hour")
	few := claimPages(t, pool)
	write(200_000, "1 hour")
	many := claimPages(t, pool)
	require.Less(t, many, 2*few+100, "pages read by a claim of 50 entries: %d with 200,000 timers behind them, %d without", many, few)
	require.Less(t, pages(t, pool, nextDispatchSQL, []string{"copy", "now", "timer", "slow"}), 50, "pages read to find the next entry")

	claim, err := NewStore(pool).Claim(t.Context(), EachLane(1000, 100), time.Minute)
	require.NoError(t, err)
	require.Len(t, claim.Entries, 50)
}

func claimPages(t *testing.T, pool *pgxpool.Pool) int {
	t.Helper()
	return pages(t, pool, claimSQL, []string{"copy", "now", "timer", "slow"}, []int{1000, 1000, 1000, 1000}, []int{100, 100, 100, 100}, time.Minute.Microseconds())
}

// pages counts the pages that a statement reads; its changes are rolled back.
func pages(t *testing.T, pool *pgxpool.Pool, statement string, args ...any) int {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context()) //nolint:errcheck // it is all that is wanted
	args = append([]any{pgx.QueryExecModeExec}, args...)
	var text []byte
	require.NoError(t, tx.QueryRow(t.Context(), "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "+statement, args...).Scan(&text))
	var plans []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	require.NoError(t, json.Unmarshal(text, &plans))
	return plans[0].Plan.Hit + plans[0].Plan.Read
}

// What is asked of a topic must not pay for what waits in it, nor for copies that
// nobody has removed, and a claim not for either.
func TestTheServiceDoesNotPayForWhatIsThere(t *testing.T) {
	t.Parallel()
	pool := lookups(t)
	exec := func(sql string) {
		_, err := pool.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	write := func(n string) {
		exec("INSERT INTO eventlog (topic, ref, due, dispatch_at) SELECT 't', 'r', d.due, d.due FROM generate_series(1, " + n + ") i, LATERAL (SELECT now() + interval '1 hour' + i * interval '1 millisecond' AS due) d")
		exec("INSERT INTO eventlog (topic, ref, due, dispatch_at, published_at) SELECT 't', 'r', now(), NULL, now() FROM generate_series(1, " + n + ")")
		exec("INSERT INTO eventlog (topic, ref, due, dispatch_at) SELECT 't', 'r', now(), now() FROM generate_series(1, 20)")
	}
	require.NoError(t, SetTopic(t.Context(), pool, Topic{Pattern: "t", Policy: PolicyCopy, Ordered: true}))
	store := NewStore(pool)
	write("10") // the plans are made, and kept
	costs := func() map[string]int {
		claim, err := store.Claim(t.Context(), EachLane(20, 0), time.Minute)
		require.NoError(t, err)
		require.Len(t, claim.Entries, 20)
		ids, generations, patterns, refs := []string{}, []int{}, []string{}, []string{}
		for i := range claim.Entries {
			ids, generations = append(ids, claim.Entries[i].ID.String()), append(generations, 1)
			patterns, refs = append(patterns, "t"), append(refs, "r")
		}
		defer exec("DELETE FROM eventlog WHERE generation > 0")
		return map[string]int{
			"lock by topic":    pages(t, pool, "SELECT id FROM eventlog_lock('t', 'anna', interval '1 minute', 10)"),
			"due by topic":     pages(t, pool, "SELECT id FROM eventlog_due('t', 10)"),
			"list a topic":     pages(t, pool, listSQL, "topics", []string{"t"}, []string{"free"}, "", false, 100, 0, nil, maxListedData),
			"list all":         pages(t, pool, listSQL, "all", []string{}, []string{}, "", false, 100, 0, nil, maxListedData),
			"behind":           pages(t, pool, parkBehindSQL, ids, generations, patterns, refs),
			"heads":            pages(t, pool, readyHeadsSQL, []string{"t"}, []string{"r"}),
			"parked topics":    pages(t, pool, parkedTopicsSQL, "", sweepLimit),
			"published topics": pages(t, pool, publishedTopicsSQL, "", sweepLimit),
			"handed topics":    pages(t, pool, handedTopicsSQL, "", sweepLimit),
			"retention":        pages(t, pool, expireCopiesSQL, []string{"t"}, []int64{time.Hour.Microseconds()}, sweepLimit),
			"claim":            claimPages(t, pool),
		}
	}
	few := costs()
	write("50000")
	many := costs()
	t.Log(few, many)
	for name, n := range many {
		require.Less(t, n, 2*few[name]+1000, "pages read by %s: %d among 100,000 entries, %d among 40", name, n, few[name])
	}
}
