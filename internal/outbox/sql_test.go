package outbox_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

// as connects with the rights of a role.
func (f *fixture) as(role string) *pgxpool.Pool {
	f.t.Helper()
	config, err := pgxpool.ParseConfig(f.url)
	require.NoError(f.t, err)
	config.ConnConfig.RuntimeParams["role"] = role
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(f.t.Context(), config)
	require.NoError(f.t, err)
	f.t.Cleanup(pool.Close)
	return pool
}

func requireState(t *testing.T, want string, err error, what string) {
	t.Helper()
	var answer *pgconn.PgError
	require.ErrorAs(t, err, &answer, what)
	require.Equal(t, want, answer.Code, "%s: %s", what, answer.Message)
}

func ids(t *testing.T, db outbox.DB, sql string, args ...any) []uuid.UUID {
	t.Helper()
	rows, err := db.Query(t.Context(), sql, args...)
	require.NoError(t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	require.NoError(t, err)
	return ids
}

func TestProducersOnlyCreate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	producer := f.as("postlude_producer")
	id, err := outbox.Create(t.Context(), producer, outbox.NewEntry{Topic: "t", Ref: "r", IdempotencyKey: "key"})
	require.NoError(t, err)
	require.Len(t, ids(t, producer, "SELECT eventlog_create('t', 'r', '[1]', interval '1 second')"), 1)
	require.Equal(t, id, ids(t, producer, "SELECT eventlog_create(topic => 't', ref => 'r', idempotency_key => 'key')")[0])
	require.Equal(t, 2, f.count("SELECT count(*) FROM eventlog"))
	requireDenied(t, f, producer, "postlude_producer", id, map[string]bool{"eventlog_create": true, "eventlog_create_once": true})
}

func TestConsumersOnlyConsume(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.create(outbox.NewEntry{Topic: "t", Ref: "r"})
	requireDenied(t, f, f.as("postlude_consumer"), "postlude_consumer", id, map[string]bool{
		"eventlog_due": true, "eventlog_lock": true, "eventlog_extend": true, "eventlog_unlock": true, "eventlog_remove": true,
	})
	_, err := f.as("postlude_consumer").Exec(t.Context(), "SELECT eventlog_create('t', 'r')")
	requireState(t, "42501", err, "eventlog_create")
}

const insufficientPrivilege = "42501"

// requireDenied tries everything that a role could do to our tables, and looks
// at the rights for all our functions.
func requireDenied(t *testing.T, f *fixture, db *pgxpool.Pool, role string, id uuid.UUID, functions map[string]bool) {
	t.Helper()
	rows, err := f.pool.Query(t.Context(), "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'")
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Greater(t, len(tables), 7)
	for _, table := range tables {
		for _, statement := range []string{"SELECT FROM %s", "DELETE FROM %s", "TRUNCATE %s", "INSERT INTO %s DEFAULT VALUES", "DROP TABLE %s"} {
			_, err := db.Exec(t.Context(), fmt.Sprintf(statement, table))
			requireState(t, insufficientPrivilege, err, table)
		}
	}
	_, err = db.Exec(t.Context(), "UPDATE eventlog SET due = now() WHERE id = $1", id)
	requireState(t, insufficientPrivilege, err, "update")
	_, err = db.Exec(t.Context(), "CREATE TABLE mine (id int)")
	requireState(t, insufficientPrivilege, err, "create table")

	rows, err = f.pool.Query(t.Context(), `
		SELECT proname FROM pg_proc
		WHERE pronamespace = current_schema()::regnamespace AND prosecdef AND has_function_privilege($1, oid, 'EXECUTE')`, role)
	require.NoError(t, err)
	granted, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, name := range granted {
		require.True(t, functions[name], "%s may call %s", role, name)
	}
	require.Len(t, granted, len(functions))
}

// Who has no role of ours may do nothing.
func TestOthersMayDoNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	role := "postlude_test_" + strings.ToLower(rand.Text()[:8])
	f.exec("CREATE ROLE " + role)
	t.Cleanup(func() { _, _ = f.pool.Exec(context.Background(), "DROP ROLE "+role) })
	nobody := f.as(role)
	requireDenied(t, f, nobody, role, uuid.New(), nil)
	_, err := nobody.Exec(t.Context(), "SELECT eventlog_create('t', 'r')")
	requireState(t, insufficientPrivilege, err, "eventlog_create")
}

// A temporary table of the caller's does not take the place of ours in functions
// that run with the owner's rights.
func TestTemporaryTablesDoNotShadowOurs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	conn, err := f.as("postlude_producer").Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	for _, statement := range []string{
		"CREATE TEMPORARY TABLE eventlog (id uuid, topic text, ref text, due timestamptz, data json, traceparent text, dispatch_at timestamptz)",
		"CREATE TEMPORARY TABLE eventlog_topic (pattern text, policy text)",
		"INSERT INTO pg_temp.eventlog_topic VALUES ('t', 'hold')",
		"SET search_path = pg_temp, public",
		"SELECT public.eventlog_create('t', 'r')",
	} {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	require.Equal(t, 1, f.count("SELECT count(*) FROM eventlog WHERE dispatch_at IS NOT NULL"))
}

func TestConsumersLockWhatIsDueInOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	consumer := f.as("postlude_consumer")
	second := f.create(outbox.NewEntry{Topic: "t", Ref: "2", Due: time.Now().Add(-time.Minute)})
	first := f.create(outbox.NewEntry{Topic: "t", Ref: "1", Due: time.Now().Add(-time.Hour)})
	third := f.create(outbox.NewEntry{Topic: "t", Ref: "3"})
	f.create(outbox.NewEntry{Topic: "t", Ref: "not due", Delay: time.Hour})
	f.create(outbox.NewEntry{Topic: "other", Ref: "other"})
	f.async("async", 0)
	const due, lock = "SELECT id FROM eventlog_due($1)", "SELECT id FROM eventlog_lock($1, $2, interval '1 hour', $3)"
	require.Equal(t, []uuid.UUID{first, second, third}, ids(t, consumer, due, "t"))
	require.Equal(t, []uuid.UUID{first}, ids(t, consumer, "SELECT id FROM eventlog_due('t', 1)"))
	require.Equal(t, []uuid.UUID{first, second}, ids(t, consumer, lock, "t", "anna", 2))
	require.Equal(t, []uuid.UUID{third}, ids(t, consumer, due, "t"), "nobody is offered what is locked")
	require.Equal(t, []uuid.UUID{third}, ids(t, consumer, lock, "t", "bert", 10))
	require.Empty(t, ids(t, consumer, lock, "t", "carl", 10))
	require.Empty(t, ids(t, consumer, due, outbox.TopicAsync))
	_, err := consumer.Exec(t.Context(), lock, outbox.TopicAsync, "anna", 1)
	requireState(t, insufficientPrivilege, err, "async")

	var ref *string
	var data []byte
	var until, stored time.Time
	entry := f.create(outbox.NewEntry{Topic: "u", Ref: "ref", Data: []byte(`{"a":[1.50]}`)})
	require.NoError(t, consumer.QueryRow(t.Context(),
		"SELECT ref, data::text, lock_expires FROM eventlog_lock('u', 'anna', interval '90 seconds')").Scan(&ref, &data, &until))
	require.Equal(t, "ref", *ref)
	require.Equal(t, `{"a":[1.50]}`, string(data)) //nolint:testifylint // as it was written, byte by byte
	require.NoError(t, f.pool.QueryRow(t.Context(), "SELECT lock_expires FROM eventlog WHERE id = $1", entry).Scan(&stored))
	require.True(t, until.Equal(stored))

	// What another has in an open transaction is passed over.
	tx, err := consumer.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context()) //nolint:errcheck // it is all that is wanted
	f.create(outbox.NewEntry{Topic: "v", Ref: "1"})
	f.create(outbox.NewEntry{Topic: "v", Ref: "2"})
	require.Len(t, ids(t, tx, lock, "v", "anna", 1), 1)
	require.Len(t, ids(t, consumer, lock, "v", "bert", 10), 1)
}

func TestConsumersKeepToWhatTheyHold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	consumer := f.as("postlude_consumer")
	call := func(sql string, args ...any) error {
		_, err := consumer.Exec(t.Context(), sql, args...)
		return err
	}
	const (
		lock   = "SELECT eventlog_lock('t', $1, $2::interval)"
		extend = "SELECT eventlog_extend($1, $2, interval '1 hour')"
		unlock = "SELECT eventlog_unlock($1, $2)"
		remove = "SELECT eventlog_remove($1, $2)"
	)
	id, async := f.create(outbox.NewEntry{Topic: "t", Ref: "r"}), f.async("r", 0)
	for name, sql := range map[string]string{"extend": extend, "unlock": unlock, "remove": remove} {
		requireState(t, "55000", call(sql, id, "anna"), name+": not locked")
		requireState(t, "P0002", call(sql, uuid.New(), "anna"), name+": not there")
		requireState(t, insufficientPrivilege, call(sql, async, "anna"), name+": async")
	}
	requireState(t, "22023", call(lock, "", "1 hour"), "no owner")
	requireState(t, "22023", call(lock, nil, "1 hour"), "no owner")
	requireState(t, "22023", call(lock, "anna", "0"), "no lease")
	requireState(t, "22023", call(lock, "anna", nil), "no lease")

	require.NoError(t, call(lock, "anna", "1 hour"))
	for name, sql := range map[string]string{"extend": extend, "unlock": unlock, "remove": remove} {
		requireState(t, "55006", call(sql, id, "bert"), name+": another's")
	}
	require.NoError(t, call(extend, id, "anna"))
	require.NoError(t, call(unlock, id, "anna"))
	requireState(t, "55000", call(remove, id, "anna"), "given back")
	require.NoError(t, call(lock, "bert", "1 hour"))
	require.NoError(t, call(remove, id, "bert"))
	require.Zero(t, f.count("SELECT count(*) FROM eventlog WHERE topic = 't'"))

	// A lock that has expired is no lock, but the work is done.
	late := f.create(outbox.NewEntry{Topic: "t", Ref: "late"})
	require.NoError(t, call(lock, "anna", "1 hour"))
	f.exec("UPDATE eventlog SET lock_expires = now() WHERE id = $1", late)
	requireState(t, "55000", call(extend, late, "anna"), "expired")
	require.NoError(t, call(remove, late, "anna"))
}

// Many consumers by SQL: each entry goes to one, and none is left.
func TestConsumersShareAQueue(t *testing.T) {
	t.Parallel()
	const consumers, entries = 8, 400
	f := newFixture(t)
	f.exec("INSERT INTO eventlog (topic, ref) SELECT 't', i::text FROM generate_series(1, $1::integer) i", entries)
	pool := f.as("postlude_consumer")
	var mu sync.Mutex
	got := map[uuid.UUID]int{}
	var wg sync.WaitGroup
	for i := range consumers {
		wg.Go(func() {
			owner := fmt.Sprintf("consumer %d", i)
			for {
				n, err := consume(t, pool, owner, func(id uuid.UUID) {
					mu.Lock()
					defer mu.Unlock()
					got[id]++
				})
				if err != nil {
					t.Error(err)
				}
				if n == 0 || err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	require.Len(t, got, entries)
	for id, n := range got {
		require.Equal(t, 1, n, "%s", id)
	}
	require.Zero(t, f.count("SELECT count(*) FROM eventlog"))
}

func consume(t *testing.T, pool *pgxpool.Pool, owner string, handle func(uuid.UUID)) (n int, err error) {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT id FROM eventlog_lock('t', $1, interval '1 hour', 7)", owner)
	if err != nil {
		return 0, err
	}
	locked, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	for _, id := range locked {
		handle(id)
		_, removal := pool.Exec(t.Context(), "SELECT eventlog_remove($1, $2)", id, owner)
		err = errors.Join(err, removal)
	}
	return len(locked), err
}

// The longest names fit into the indexes, however little they can be compressed.
func TestTheLongestNamesCanBeStored(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec("INSERT INTO eventlog_topic (pattern, policy) VALUES ('*', 'hold')")
	random := func(n int) string {
		var text strings.Builder
		for text.Len() < n {
			text.WriteString(rand.Text())
		}
		return text.String()[:n]
	}
	f.create(outbox.NewEntry{Topic: random(1000), Ref: random(1500)})
	f.create(outbox.NewEntry{Topic: random(2499), Ref: "r"})
	f.create(outbox.NewEntry{Topic: "t", Ref: random(2499)})
}
