package postgres_test

import (
	"fmt"
	"io/fs"
	"net/url"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/internal/pgserver"
	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/postgrestest"
)

// cluster is a server of the test's own: roles belong to all databases of one,
// and here none has been migrated yet.
type cluster struct {
	t     *testing.T
	url   string
	admin *pgxpool.Pool
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	server, err := pgserver.Start(t.Context(), pgserver.Options{
		TempDir: pgserver.MemoryDir(), Settings: map[string]string{"fsync": "off"},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(t.Context())) })
	c := &cluster{t: t, url: server.URL()}
	c.admin = c.connect(c.url)
	return c
}

func (c *cluster) connect(url string) *pgxpool.Pool {
	c.t.Helper()
	pool, err := pgxpool.New(c.t.Context(), url)
	require.NoError(c.t, err)
	c.t.Cleanup(pool.Close)
	return pool
}

func (c *cluster) exec(pool *pgxpool.Pool, sql string) {
	c.t.Helper()
	_, err := pool.Exec(c.t.Context(), sql)
	require.NoError(c.t, err)
}

// at is the URL of a database, as a user, "" for the administrator.
func (c *cluster) at(database, user string) string {
	c.t.Helper()
	address, err := url.Parse(c.url)
	require.NoError(c.t, err)
	address.Path = "/" + database
	if user != "" {
		address.User = url.UserPassword(user, user)
	}
	return address.String()
}

func (c *cluster) roles() (n int) {
	c.t.Helper()
	const query = "SELECT count(*) FROM pg_roles WHERE rolname IN ('postlude_producer', 'postlude_consumer')"
	require.NoError(c.t, c.admin.QueryRow(c.t.Context(), query).Scan(&n))
	return n
}

func (c *cluster) mayCreate(pool *pgxpool.Pool) (may bool) {
	c.t.Helper()
	const query = "SELECT has_function_privilege('postlude_producer', 'eventlog_create(text,text,json,interval,timestamptz,text,text)', 'EXECUTE')"
	require.NoError(c.t, pool.QueryRow(c.t.Context(), query).Scan(&may))
	return may
}

func TestMigrationsMakeRoles(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	ownerWithoutCreaterole(t, c)
	c.exec(c.admin, "DROP DATABASE owned WITH (FORCE)")
	c.exec(c.admin, "DROP ROLE postlude_producer, postlude_consumer")
	migrationsAtTheSameTime(t, c)
}

// Who owns a database, and may not create roles, migrates it all the same. The
// roles can be made later.
func ownerWithoutCreaterole(t *testing.T, c *cluster) {
	t.Helper()
	c.exec(c.admin, "CREATE ROLE owner LOGIN PASSWORD 'owner'")
	c.exec(c.admin, "CREATE DATABASE owned OWNER owner")
	applied, err := postgres.Migrate(t.Context(), c.at("owned", "owner"), zerolog.Nop())
	require.NoError(t, err)
	require.Positive(t, applied)
	require.Zero(t, c.roles())

	owned := c.connect(c.at("owned", "owner"))
	c.exec(owned, "SELECT eventlog_roles()")
	require.Zero(t, c.roles(), "it is no error, but says what is missing")
	for _, role := range []string{"postlude_producer", "postlude_consumer"} {
		c.exec(c.admin, "CREATE ROLE "+role)
	}
	require.False(t, c.mayCreate(owned))
	c.exec(owned, "SELECT eventlog_roles()")
	require.True(t, c.mayCreate(owned))
	c.exec(owned, "SELECT eventlog_roles()")
}

// Databases and schemas of one cluster that are migrated at the same time make
// the roles once, and each grants them what they need.
func migrationsAtTheSameTime(t *testing.T, c *cluster) {
	t.Helper()
	var urls []string
	for i := range 4 {
		name := fmt.Sprintf("database_%d", i)
		c.exec(c.admin, "CREATE DATABASE "+name)
		urls = append(urls, c.at(name, ""))
	}
	c.exec(c.connect(urls[0]), `CREATE SCHEMA "Odd-Name"`)
	urls = append(urls, withSearchPath(t, urls[0], `"Odd-Name"`))
	var group errgroup.Group
	for _, address := range urls {
		for range 2 {
			group.Go(func() error {
				_, err := postgres.Migrate(t.Context(), address, zerolog.Nop())
				return err
			})
		}
	}
	require.NoError(t, group.Wait())
	require.Equal(t, 2, c.roles())
	for _, address := range urls {
		pool := c.connect(address)
		require.True(t, c.mayCreate(pool), address)
		tx, err := pool.Begin(t.Context())
		require.NoError(t, err)
		for _, statement := range []string{"SET LOCAL ROLE postlude_producer", "SELECT eventlog_create('t', 'r')", "RESET ROLE"} {
			_, err = tx.Exec(t.Context(), statement)
			require.NoError(t, err, "%s: %s", address, statement)
		}
		entries := 0
		require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM eventlog").Scan(&entries))
		require.Equal(t, 1, entries, "%s: each schema has its own", address)
		require.NoError(t, tx.Commit(t.Context()))
	}
}

// What was published before the schema knew so is not published again.
func TestTheSecondMigrationKnowsWhatWasPublished(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	require.Equal(t, 1, mustMigrate(t, db.URL, firstMigration(t)))
	exec(t, db.Pool, `
		INSERT INTO eventlog_topic VALUES ('held', 'hold');
		INSERT INTO eventlog (topic, ref, generation, dispatch_at) VALUES
			('copy', 'published', 1, NULL), ('copy', 'waits', 0, now()), ('held', 'held', 0, NULL), ('held', 'parked', 1, NULL),
			('async.event', 'async', 1, now())`)
	applied, err := postgres.Migrate(t.Context(), db.URL, zerolog.Nop())
	require.NoError(t, err)
	require.Positive(t, applied)
	var refs string
	require.NoError(t, db.Pool.QueryRow(t.Context(), "SELECT string_agg(ref, ' ') FROM eventlog WHERE published_at IS NOT NULL").Scan(&refs))
	require.Equal(t, "published", refs)
}

// firstMigration is the schema of the first release.
func firstMigration(t *testing.T) fstest.MapFS {
	t.Helper()
	const name = "00001_initial.sql"
	names, err := fs.Glob(postgres.Embedded(), "00001_*.sql")
	require.NoError(t, err)
	require.Len(t, names, 1)
	content, err := fs.ReadFile(postgres.Embedded(), names[0])
	require.NoError(t, err)
	return fstest.MapFS{name: &fstest.MapFile{Data: content}}
}
