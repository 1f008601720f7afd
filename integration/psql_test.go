package integration

import (
	"context"
	"crypto/rand"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgrestest"
)

// What a user types who may create entries and nothing else: a transaction that is
// taken back, and one that is not.
const producerScript = `
BEGIN;
SELECT eventlog_create('invoice.sent', 'taken-back', '{"amount":[12.50]}');
ROLLBACK;
BEGIN;
SELECT eventlog_create('invoice.sent', 'kept', '{"amount":[12.50]}');
COMMIT;
`

// TestAProducerWithPSQL: the entry of the transaction that commits is published,
// that of the other never was.
func TestAProducerWithPSQL(t *testing.T) {
	t.Parallel()
	for name, run := range scripts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.New(t)
			c := newClusterOn(t, db.Pool, db.URL, time.Minute)
			producer := c.newProducer(t, db.URL)
			published := c.tap(t, "eventlog.invoice.sent.>")
			c.start("outbox-relay")

			output, err := run(t.Context(), producer, producerScript)
			require.NoError(t, err, output)
			message := next(t, published)
			require.Equal(t, "eventlog.invoice.sent.kept", message.Subject)
			require.JSONEq(t, `{"amount":[12.50]}`, string(message.Data))
			require.Equal(t, "kept", message.Header.Get("ce-subject"))

			// What comes after it in time comes after what was taken back as well.
			_, err = run(t.Context(), producer, "SELECT eventlog_create('invoice.sent', 'last')")
			require.NoError(t, err)
			require.Equal(t, "eventlog.invoice.sent.last", next(t, published).Subject)
			require.Len(t, c.native().get("/api/eventlog/invoice.sent").entries(), 2)

			for _, statement := range []string{
				"SELECT * FROM eventlog", "DELETE FROM eventlog", "UPDATE eventlog SET due = now()", "INSERT INTO eventlog (topic, ref) VALUES ('t', 'r')",
				"SELECT eventlog_lock('invoice.sent', 'me', interval '1 hour')", "SELECT * FROM workitem", "DROP TABLE eventlog", "SET ROLE postlude_consumer",
			} {
				output, err := run(t.Context(), producer, statement)
				require.Error(t, err, statement)
				require.Regexp(t, "(?i)permission denied|must be owner", output, statement)
			}
			require.Len(t, c.native().get("/api/eventlog/invoice.sent").entries(), 2)
		})
	}
}

// scripts are the ways to run a script: psql where it is, and always the driver,
// so that a machine without psql has a test as well. They return what was said.
func scripts(t *testing.T) map[string]func(ctx context.Context, url, script string) (string, error) {
	t.Helper()
	ways := map[string]func(ctx context.Context, url, script string) (string, error){
		"driver": func(ctx context.Context, url, script string) (string, error) {
			conn, err := pgx.Connect(ctx, url)
			if err != nil {
				return "", err
			}
			defer conn.Close(ctx)
			if _, err = conn.PgConn().Exec(ctx, script).ReadAll(); err != nil {
				return err.Error(), err
			}
			return "", nil
		},
	}
	if psql := findPSQL(); psql != "" {
		ways["psql"] = func(ctx context.Context, url, script string) (string, error) {
			command := exec.CommandContext(ctx, psql, "--no-psqlrc", "--set", "ON_ERROR_STOP=1", url)
			command.Stdin = strings.NewReader(script)
			output, err := command.CombinedOutput()
			return string(output), err
		}
	}
	return ways
}

// findPSQL looks in the PATH, and where Debian has it; "" if it is not there.
func findPSQL() string {
	if psql, err := exec.LookPath("psql"); err == nil {
		return psql
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/psql")
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// newProducer makes a user with the role of a producer, and returns its address.
func (c *cluster) newProducer(t *testing.T, address string) string {
	t.Helper()
	name, password := "producer_"+strings.ToLower(rand.Text()[:8]), rand.Text()
	for _, statement := range []string{"CREATE ROLE " + name + " LOGIN PASSWORD '" + password + "'", "GRANT postlude_producer TO " + name} {
		_, err := c.pool.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	t.Cleanup(func() { // users belong to the whole server
		_, err := c.pool.Exec(context.Background(), "DROP ROLE "+name)
		require.NoError(t, err)
	})
	producer, err := url.Parse(address)
	require.NoError(t, err)
	producer.User = url.UserPassword(name, password)
	return producer.String()
}

// tap subscribes to what is published.
func (c *cluster) tap(t *testing.T, subject string) chan *nats.Msg {
	t.Helper()
	nc, err := nats.Connect(c.broker.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	messages := make(chan *nats.Msg, 100)
	_, err = nc.ChanSubscribe(subject, messages)
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	return messages
}

func next(t *testing.T, messages chan *nats.Msg) *nats.Msg {
	t.Helper()
	select {
	case message := <-messages:
		return message
	case <-time.After(15 * time.Second):
		require.FailNow(t, "nothing was published")
	}
	return nil
}
