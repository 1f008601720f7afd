package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// slow lasts long enough for a timeout of the server to strike.
const slow = `SELECT pg_sleep(0.3);`

func TestMigrateAppliesWhatIsPending(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	one := files(`CREATE TABLE one (id bigint);`)
	two := files(`CREATE TABLE one (id bigint);`, `CREATE TABLE two (id bigint);`)
	var log bytes.Buffer

	require.Equal(t, 1, mustMigrate(t, db.URL, one))
	applied, err := postgres.MigrateFiles(t.Context(), db.URL, two, zerolog.New(&log))
	require.NoError(t, err)
	require.Equal(t, 1, applied)
	require.Equal(t, 0, mustMigrate(t, db.URL, two))

	require.True(t, tableExists(t, db.Pool, "two"))
	require.Contains(t, log.String(), `"version":2`)
	require.Contains(t, log.String(), `"message":"migration applied"`)
}

func TestMigrateWithoutFilesDoesNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, 0, mustMigrate(t, postgrestest.NewEmpty(t).URL, files()))
}

func TestConcurrentMigratesApplyOnce(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	all := files(`CREATE TABLE one (id bigint);`, `CREATE TABLE two (id bigint);`)
	const processes = 4

	var applied atomic.Int64
	release := holdMigrationLock(t, db.Pool)
	group, ctx := errgroup.WithContext(t.Context())
	for range processes {
		group.Go(func() error {
			n, err := postgres.MigrateFiles(ctx, db.URL, all, zerolog.Nop())
			applied.Add(int64(n))
			return err
		})
	}

	require.Eventually(t, func() bool { return advisoryLocks(t, db.Pool) == 1+processes },
		30*time.Second, 10*time.Millisecond, "all wait for the lock")
	release()

	require.NoError(t, group.Wait())
	require.Equal(t, int64(2), applied.Load(), "migrations applied by all together")
	require.Equal(t, 0, advisoryLocks(t, db.Pool), "advisory locks left")
}

func TestServerTimeoutsDoNotEndMigration(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	for _, name := range []string{"statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"} {
		exec(t, db.Pool, fmt.Sprintf(`
			DO $$ BEGIN
				EXECUTE format('ALTER DATABASE %%I SET %s = ''100ms''', current_database());
			END $$`, name))
	}
	all := files(slow + `CREATE TABLE one (id bigint);`)

	var group errgroup.Group
	for range 2 { // one of them waits for the lock
		group.Go(func() error {
			_, err := postgres.MigrateFiles(t.Context(), db.URL, all, zerolog.Nop())
			return err
		})
	}

	require.NoError(t, group.Wait())
}

func TestSchemasOfOneDatabaseAreIndependent(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	exec(t, db.Pool, `CREATE SCHEMA a`)
	exec(t, db.Pool, `CREATE SCHEMA b`)
	one := files(`CREATE TABLE one (id bigint);`)

	require.Equal(t, 1, mustMigrate(t, withSearchPath(t, db.URL, "a"), one))
	require.Equal(t, 1, mustMigrate(t, withSearchPath(t, db.URL, "b"), one))

	require.True(t, tableExists(t, db.Pool, "a.one"))
	require.True(t, tableExists(t, db.Pool, "b.one"))
	require.False(t, tableExists(t, db.Pool, "public.one"))
}

func TestMigrateNeedsASchema(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	_, err := postgres.MigrateFiles(t.Context(), withSearchPath(t, db.URL, "missing"), files(`SELECT 1;`), zerolog.Nop())
	require.ErrorIs(t, err, postgres.ErrNoSchema)
}

func TestFailedMigrationIsNamedAndContinued(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	const first, third = `CREATE TABLE one (id bigint);`, `CREATE TABLE three (id bigint);`

	applied, err := postgres.MigrateFiles(t.Context(), db.URL,
		files(first, `CREATE TABLE two (id bigint); SELECT 1/0;`, third), zerolog.Nop())
	require.ErrorContains(t, err, "00002_test.sql")
	require.ErrorContains(t, err, "division by zero")
	require.Equal(t, 1, applied)
	require.False(t, tableExists(t, db.Pool, "two"), "rolled back")
	require.Equal(t, 0, advisoryLocks(t, db.Pool), "advisory locks left")

	require.Equal(t, 2, mustMigrate(t, db.URL, files(first, `CREATE TABLE two (id bigint);`, third)))
}

func TestMigrateWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	defer holdMigrationLock(t, db.Pool)()

	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := postgres.MigrateFiles(ctx, db.URL, files(`SELECT 1;`), zerolog.Nop())

	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "wait for the migration lock")
}

// files makes one migration of each statement list.
func files(statements ...string) fstest.MapFS {
	all := fstest.MapFS{}
	for i, statement := range statements {
		all[fmt.Sprintf("%05d_test.sql", i+1)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + statement + "\n")}
	}
	return all
}

func mustMigrate(tb testing.TB, url string, all fstest.MapFS) int {
	tb.Helper()
	applied, err := postgres.MigrateFiles(tb.Context(), url, all, zerolog.Nop())
	require.NoError(tb, err)
	return applied
}

func exec(tb testing.TB, pool *pgxpool.Pool, statement string) {
	tb.Helper()
	_, err := pool.Exec(tb.Context(), statement)
	require.NoError(tb, err)
}

func tableExists(tb testing.TB, pool *pgxpool.Pool, name string) (exists bool) {
	tb.Helper()
	err := pool.QueryRow(tb.Context(), `SELECT to_regclass($1) IS NOT NULL`, name).Scan(&exists)
	require.NoError(tb, err)
	return exists
}

// holdMigrationLock takes the lock as a process that migrates does.
func holdMigrationLock(tb testing.TB, pool *pgxpool.Pool) (release func()) {
	tb.Helper()
	// A pool's transaction would be ended for idling.
	conn, err := pgx.Connect(tb.Context(), pool.Config().ConnString())
	require.NoError(tb, err)
	tx, err := conn.Begin(tb.Context())
	require.NoError(tb, err)
	_, err = tx.Exec(tb.Context(), `
		SELECT pg_advisory_xact_lock(
		           hashtextextended('postlude migrate ' || current_schema(), 0))`)
	require.NoError(tb, err)
	return func() { require.NoError(tb, conn.Close(context.WithoutCancel(tb.Context()))) }
}

// advisoryLocks counts those that are held and those that are waited for.
func advisoryLocks(tb testing.TB, pool *pgxpool.Pool) (count int) {
	tb.Helper()
	const query = `
		SELECT count(*)
		  FROM pg_locks
		 WHERE locktype = 'advisory'
		   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
	require.NoError(tb, pool.QueryRow(tb.Context(), query).Scan(&count))
	return count
}

func withSearchPath(tb testing.TB, address, schema string) string {
	tb.Helper()
	return withParameter(tb, address, "search_path", schema)
}

func withParameter(tb testing.TB, address, name, value string) string {
	tb.Helper()
	parsed, err := url.Parse(address)
	require.NoError(tb, err)
	query := parsed.Query()
	query.Set(name, value)
	parsed.RawQuery = query.Encode()
	return parsed.String()
}
