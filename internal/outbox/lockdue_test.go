package outbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// lockedRefs locks entries of the topic t for anna and returns the refs, one after the other.
func lockedRefs(t *testing.T, db DB, limit int) string {
	t.Helper()
	entries, err := LockDue(t.Context(), db, "t", "anna", time.Hour, limit)
	require.NoError(t, err)
	var refs strings.Builder
	for i := range entries {
		refs.WriteString(entries[i].Ref)
	}
	return refs.String()
}

// What has no room in the answer is not locked, so that nobody holds an entry
// whose data he has not got.
func TestLockDueBoundsItsData(t *testing.T) {
	t.Parallel()
	pool := lookups(t)
	require.NoError(t, SetTopic(t.Context(), pool, Topic{Pattern: "t", Policy: PolicyHold}))
	for i, megabytes := range []int{6, 0, 6, 6, 17, 1} {
		_, err := pool.Exec(t.Context(), `
			INSERT INTO eventlog (topic, ref, due, data)
			VALUES ('t', $1, now() - interval '1 hour' + $2::integer * interval '1 second', to_json(repeat('x', $3::integer << 20)))`,
			fmt.Sprint(i), i, megabytes)
		require.NoError(t, err)
	}
	require.Equal(t, "012", lockedRefs(t, pool, 10))
	require.Equal(t, "3", lockedRefs(t, pool, 10), "the next has no room")
	large, err := LockDue(t.Context(), pool, "t", "anna", time.Hour, 10)
	require.NoError(t, err)
	require.Len(t, large, 1, "the first is taken whatever it has")
	require.Len(t, large[0].Data, 17<<20+2)
	require.Equal(t, StateHeld, large[0].State)
	require.Equal(t, "5", lockedRefs(t, pool, 10))
}

// The locks are the transaction's: others pass over its rows meanwhile, and a
// rollback leaves nothing.
func TestLockDueInATransaction(t *testing.T) {
	t.Parallel()
	pool := lookups(t)
	for _, ref := range []string{"1", "2", "3"} {
		_, err := Create(t.Context(), pool, NewEntry{Topic: "t", Ref: ref})
		require.NoError(t, err)
	}
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context()) //nolint:errcheck // after a failure
	require.Equal(t, "12", lockedRefs(t, tx, 2))
	require.Equal(t, "3", lockedRefs(t, pool, 10))
	require.NoError(t, tx.Rollback(t.Context()))
	require.Equal(t, "12", lockedRefs(t, pool, 10))
}

// Neither what is not due costs anything, nor what is of other topics.
func TestLockDueDoesNotPayForWhatWaits(t *testing.T) {
	t.Parallel()
	pool := lookups(t)
	cost := func(topic string) int {
		return pages(t, pool, lockDueSQL, topic, "anna", time.Hour.Microseconds(), 10, maxListedData)
	}
	writeQueue(t, pool, 10)
	some, none := cost("t"), cost("waits")
	writeQueue(t, pool, 40_000)
	require.Less(t, cost("t"), 2*some+100, "pages read by a lock of 10 entries, %d among 40", some)
	require.Less(t, cost("waits"), 2*none+100, "pages read when nothing is due, %d among 40", none)
}

// writeQueue writes n entries each that are due and that wait, some of them in
// topics of their own. All of them are free.
func writeQueue(t *testing.T, pool *pgxpool.Pool, n int) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `
		INSERT INTO eventlog (topic, ref, due)
		SELECT q.topic, 'r', now() + q.due + i * interval '1 millisecond'
		FROM generate_series(1, $1::integer) i
		CROSS JOIN (VALUES
			('t', interval '-1 hour'), ('t', interval '1 hour'), ('other', interval '-1 hour'), ('waits', interval '1 hour')
		) q (topic, due)`, n)
	require.NoError(t, err)
}
