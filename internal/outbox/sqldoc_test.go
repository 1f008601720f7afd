package outbox_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

// block is a piece of code of a document; role says who runs it.
type block struct{ language, role, text string }

func blocks(t *testing.T, file string) (found []block) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for i, part := range strings.Split("\n"+string(text), "\n```") {
		if i%2 == 0 {
			continue // between the blocks
		}
		info, code, _ := strings.Cut(part, "\n")
		language, role, _ := strings.Cut(info, " ")
		found = append(found, block{language, role, code + "\n"})
	}
	return found
}

// placeholder stands in the document for the id that a lock has returned.
const placeholder = "00000000-0000-7000-8000-000000000000"

// Everything that the document shows works, for the role that is to run it.
func TestTheStatementsOfTheDocument(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	roles := map[string]*pgx.Conn{}
	for _, role := range []string{"producer", "consumer"} {
		conn, err := f.as("postlude_" + role).Acquire(t.Context())
		require.NoError(t, err)
		t.Cleanup(conn.Release)
		roles[role] = conn.Conn()
	}
	owner, err := f.pool.Acquire(t.Context())
	require.NoError(t, err)
	t.Cleanup(owner.Release)
	roles["owner"] = owner.Conn()

	ran, locked := 0, ""
	for _, b := range blocks(t, "../../docs/sql.md") {
		conn := roles[b.role]
		switch {
		case b.language != "sql" || b.role == "":
			continue
		case b.role == "admin": // users of the whole cluster: tried, and not kept
			runStatements(t, owner.Conn(), "BEGIN;"+b.text+"ROLLBACK;")
			ran++
			continue
		}
		require.NotNil(t, conn, "who is %q?", b.role)
		// The id comes from the lock before it, in the same block or in the one before.
		for _, part := range strings.SplitAfter(b.text, ";\n") {
			if id := runStatements(t, conn, strings.ReplaceAll(part, placeholder, locked)); strings.Contains(part, "eventlog_lock(") {
				locked = id
				require.NotEmpty(t, locked, "%s locked nothing", part)
			}
		}
		ran++
	}
	require.Equal(t, 8, ran, "blocks that were run")
	require.Zero(t, f.count("SELECT count(*) FROM eventlog WHERE topic = 'invoice.sent'"), "it was consumed")
	require.Equal(t, 2, f.count("SELECT count(*) FROM eventlog WHERE topic = 'reminder'"))
	require.Equal(t, 1, f.count("SELECT count(*) FROM eventlog WHERE topic = 'order.paid'"), "the second call was a repetition")
}

// runStatements runs statements as psql does and returns the first column of the
// last row.
func runStatements(t *testing.T, conn *pgx.Conn, text string) (first string) {
	t.Helper()
	results, err := conn.PgConn().Exec(t.Context(), text).ReadAll()
	require.NoError(t, err, text)
	for _, r := range results {
		for _, row := range r.Rows {
			first = string(row[0])
		}
	}
	return first
}

// The program of the document is the one that is run here.
func TestTheProgramOfTheDocument(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("sqldoc_test.go")
	require.NoError(t, err)
	programs := 0
	for _, b := range blocks(t, "../../docs/sql.md") {
		if b.language == "go" {
			require.Contains(t, unindented(string(source)), unindented(b.text))
			programs++
		}
	}
	require.Equal(t, 1, programs)

	f := newFixture(t)
	for range 3 {
		f.create(outbox.NewEntry{Topic: "t", Ref: "r", Data: []byte(`[1]`)})
	}
	done := 0
	work := func(_ context.Context, _ pgx.Tx, e entry) error {
		require.Equal(t, "r", e.Ref)
		done++
		return nil
	}
	require.NoError(t, consumeDocumented(t.Context(), f.as("postlude_consumer"), "t", "mailer-1", work))
	require.Equal(t, 3, done)
	require.Zero(t, f.count("SELECT count(*) FROM eventlog"))
}

func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimLeft(lines[i], "\t")
	}
	return strings.Join(lines, "\n")
}

type entry struct {
	ID, Ref string
	Data    json.RawMessage
}

func consumeDocumented(ctx context.Context, pool *pgxpool.Pool, topic, owner string, work func(context.Context, pgx.Tx, entry) error) error {
	rows, err := pool.Query(ctx, "SELECT id, ref, data FROM eventlog_lock($1, $2, interval '5 minutes', 10)", topic, owner)
	if err != nil {
		return err
	}
	entries, err := pgx.CollectRows(rows, pgx.RowToStructByName[entry])
	if err != nil {
		return err
	}
	for _, e := range entries {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if err := work(ctx, tx, e); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "SELECT eventlog_remove($1, $2)", e.ID, owner)
			return err
		})
		if err != nil {
			return err // what is left comes back when its lock has expired
		}
	}
	return nil
}
