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
