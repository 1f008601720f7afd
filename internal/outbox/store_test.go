package outbox_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgrestest"
)

// fixture is an outbox of the test's own.
type fixture struct {
	t     *testing.T
	pool  *pgxpool.Pool
	url   string
	store *outbox.Store
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	db := postgrestest.New(t)
	return &fixture{t: t, pool: db.Pool, url: db.URL, store: outbox.NewStore(db.Pool)}
}

func (f *fixture) exec(sql string, args ...any) {
	f.t.Helper()
	_, err := f.pool.Exec(f.t.Context(), sql, args...)
	require.NoError(f.t, err)
}

func (f *fixture) create(e outbox.NewEntry) uuid.UUID {
	f.t.Helper()
	id, err := outbox.Create(f.t.Context(), f.pool, e)
	require.NoError(f.t, err)
	return id
}

func (f *fixture) async(ref string, delay time.Duration) uuid.UUID {
	f.t.Helper()
	return f.create(outbox.NewEntry{Topic: outbox.TopicAsync, Ref: ref, Delay: delay})
}

func (f *fixture) begin() pgx.Tx {
	f.t.Helper()
	tx, err := f.pool.Begin(f.t.Context())
	require.NoError(f.t, err)
	f.t.Cleanup(func() { _ = tx.Rollback(f.t.Context()) })
	return tx
}

func (f *fixture) claim(limit, fresh int) []outbox.Claimed {
	f.t.Helper()
	claim, err := f.store.Claim(f.t.Context(), outbox.EachLane(limit, fresh), time.Minute)
	require.NoError(f.t, err)
	return claim.Entries
}

func (f *fixture) claimedIDs(limit, fresh int) []uuid.UUID {
	f.t.Helper()
	ids := []uuid.UUID{}
	entries := f.claim(limit, fresh)
	for i := range entries {
		ids = append(ids, entries[i].ID)
	}
	return ids
}

func (f *fixture) count(sql string, args ...any) (n int) {
	f.t.Helper()
	require.NoError(f.t, f.pool.QueryRow(f.t.Context(), sql, args...).Scan(&n))
	return n
}

// blocked counts the sessions that wait for a lock.
func (f *fixture) blocked() int {
	f.t.Helper()
	return f.count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
}

// row is what the table says of an entry; times are relative to the database's
// clock.
type row struct {
	Due          time.Duration
	Dispatch     time.Duration
	Parked       bool // no relay looks at it again
	Leased       bool
	Generation   int
	Slow         bool
	Attempts     int
	LastError    string
	FirstFailure *time.Time
	LastFailure  *time.Time
}

func (f *fixture) row(id uuid.UUID) (r row) {
	f.t.Helper()
	var due float64
	var dispatch *float64
	err := f.pool.QueryRow(f.t.Context(), `
		SELECT
			extract(epoch FROM due - clock_timestamp())::float8,
			extract(epoch FROM dispatch_at - clock_timestamp())::float8,
			dispatched_at IS NOT NULL,
			generation, slow, attempts, coalesce(last_error, ''), first_failure, last_failure
		FROM eventlog WHERE id = $1`, id).
		Scan(&due, &dispatch, &r.Leased, &r.Generation, &r.Slow, &r.Attempts, &r.LastError, &r.FirstFailure, &r.LastFailure)
	require.NoError(f.t, err)
	r.Due = time.Duration(due * float64(time.Second))
	if r.Parked = dispatch == nil; !r.Parked {
		r.Dispatch = time.Duration(*dispatch * float64(time.Second))
	}
	return r
}

// requireNear allows for the time that passes in the test itself.
func requireNear(t *testing.T, want, got time.Duration, what string) {
	t.Helper()
	require.InDelta(t, want.Seconds(), got.Seconds(), 5, "%s: want about %s, got %s", what, want, got)
}

// errorOf leaves out what a statement has written.
func errorOf(_ map[uuid.UUID]bool, err error) error { return err }
