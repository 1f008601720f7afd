package workitem_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgrestest"
	"github.com/postlude/postlude/internal/workitem"
)

// namesColumns are the columns that lists find a workitem by.
type namesColumns struct {
	Creator                        string
	Owners, Writers, Readers, Refs []string
}

// The migration that made the columns filled them from the items that were
// stored; a write fills them by the same rules.
func TestTheMigrationFillsAsWriteDoes(t *testing.T) {
	t.Parallel()
	pool := postgrestest.NewEmpty(t).Pool
	migrate(t, pool, "00001_outbox_and_workitems")
	migrate(t, pool, "00002_event_log_service")
	// Long enough that some rows are not read at once.
	values := []string{
		`[]`, `null`, `""`, `["",""]`, `"anna"`, `["anna"]`, `["","anna","team","anna"]`, `[null,"anna",null]`, `[null]`,
		`[7,-7,0]`, `7`, `true`, `[false]`, `[7.0]`, `[7.5]`, `[1e+07]`, `[-0.0]`, `[{"@double":"NaN"}]`,
		`[{"@date":"2026-02-28T23:59:59.123Z"}]`, `[{"@bytes":"AP8="}]`, `[{"@bytes":""}]`, `[{"a":["anna"]}]`, `{"a":"anna"}`,
		`[["anna","bob"]]`, `[[]]`, `["a\"b\\c","{a,b}","NULL","a b"," ","\t","ü\u00fc💥"]`,
		`["` + strings.Repeat("x", 255) + `"]`, `["` + strings.Repeat("x", 256) + `"]`, `["` + strings.Repeat("ü", 128) + `","anna"]`,
		`[9223372036854775807]`, `["\\u0000"]`,
	}
	const insert = `
INSERT INTO workitem (uniqueid, version, transaction_id, armed_by, model_version, task_id, type, workflow_group, created, modified, items)
VALUES ($1, 1, 't1', 't1', 'm', 1, 'workitem', 'M', now(), now(), $2)`
	ids := []string{"without"}
	_, err := pool.Exec(t.Context(), insert, "without", `{"$uniqueid":["without"]}`)
	require.NoError(t, err)
	for i, value := range values {
		id := fmt.Sprintf("w%d", i)
		ids = append(ids, id)
		_, err = pool.Exec(t.Context(), insert, id, strings.ReplaceAll(
			`{"$creator":?,"$owner":?,"$readaccess":?,"$uniqueid":["`+id+`"],"$uniqueidref":?,"$workitemref":?,"$writeaccess":?}`, "?", value))
		require.NoError(t, err)
	}
	migrate(t, pool, "00003_task_lists")

	for i, id := range ids {
		filled := namesOf(t, pool, id)
		r := load(t, pool, id)
		require.Equal(t, 1, write(t, pool, &r))
		require.Equal(t, filled, namesOf(t, pool, id), "%v", append([]string{"without"}, values...)[i])
	}
	require.Equal(t, namesColumns{Owners: []string{}, Writers: []string{}, Readers: []string{""}, Refs: []string{}}, namesOf(t, pool, "without"))
	anna := []string{"anna", "team", "anna"}
	require.Equal(t, namesColumns{Owners: anna, Writers: anna, Readers: anna, Refs: append(anna, anna...)}, namesOf(t, pool, "w6"))
	require.Empty(t, namesOf(t, pool, "w14").Readers, "a double restricts, and names nobody")
}

func migrate(t *testing.T, pool *pgxpool.Pool, name string) {
	t.Helper()
	text, err := os.ReadFile("../postgres/migrations/" + name + ".sql")
	require.NoError(t, err)
	require.NoError(t, pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(context.WithoutCancel(t.Context()), string(text), pgx.QueryExecModeSimpleProtocol)
		return err
	}))
}

func namesOf(t *testing.T, pool *pgxpool.Pool, id string) namesColumns {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT creator, owners, writers, readers, refs FROM workitem WHERE uniqueid = $1", id)
	require.NoError(t, err)
	columns, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[namesColumns])
	require.NoError(t, err)
	return columns
}

// What a program of the release before wrote is seen by nobody who may not see all.
func TestWithoutReadersNobodyReads(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	_, err := pool.Exec(t.Context(), `
INSERT INTO workitem (uniqueid, version, transaction_id, armed_by, model_version, task_id, type, workflow_group, created, modified, items)
VALUES ('w', 1, 't1', 't1', 'm', 1, 'workitem', 'M', now(), now(), '{"$uniqueid":["w"]}')`)
	require.NoError(t, err)
	require.Empty(t, found(t, pool, workitem.Query{Reader: workitem.Reader{Names: []string{"anna"}}}))
	require.Equal(t, "w", found(t, pool, workitem.Query{Reader: workitem.Reader{All: true}}))
	r := load(t, pool, "w")
	write(t, pool, &r)
	require.Equal(t, "w", found(t, pool, workitem.Query{Reader: workitem.Reader{Names: []string{"anna"}}}))
}
