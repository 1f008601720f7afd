package workitem

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/postgrestest"
)

// Of 30,000 workitems, in order of creation: the older half is archived and of a
// group that is not used any more; everybody may read one in ten, the others a
// team and a person.
const manyWorkitemsSQL = `
INSERT INTO workitem (
    uniqueid, version, transaction_id, armed_by, model_version, task_id, type, workflow_group, created, modified, items,
    creator, owners, writers, readers, refs
)
SELECT
    md5(i::text),
    1,
    't',
    't',
    'm-1.0',
    i % 10,
    CASE WHEN i <= 15000 THEN 'archive' ELSE 'workitem' END,
    CASE WHEN i <= 15000 THEN 'Old' ELSE 'Group ' || i % 10 END,
    timestamptz '2026-01-01' + i * interval '1 minute',
    now(),
    json_build_object('text', json_build_array(repeat(md5(i::text), 10))),
    CASE WHEN i <= 15000 THEN 'import' ELSE 'user' || i % 500 END,
    ARRAY['user' || i % 1000],
    ARRAY['team' || i % 100, 'user' || i % 1000],
    CASE WHEN i % 10 = 0 THEN ARRAY[''] ELSE ARRAY['team' || i % 100, 'user' || i % 1000] END,
    ARRAY['project' || i / 10]
FROM generate_series(1, 30000) i`

// The lists that are asked for every day read what they show, not what is there.
// Pages are counted, since time depends on the machine.
func TestAListDoesNotPayForWhatItDoesNotShow(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	pool, err := postgres.Connect(t.Context(), postgres.Config{URL: db.URL, MaxConns: 1, Lookups: true})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	for _, statement := range []string{manyWorkitemsSQL, "ALTER TABLE workitem SET (autovacuum_enabled = off)", "VACUUM ANALYZE workitem"} {
		_, err := pool.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	require.Greater(t, pages(t, pool, Query{Reader: Reader{All: true}, Sort: ByModified, Limit: 1}), 2500, "pages of all workitems")
	anna := Reader{Names: []string{"user7", "team7", "team8"}}
	manager := Reader{All: true}
	for name, q := range map[string]Query{
		"all":                       {Reader: manager},
		"all, oldest":               {Reader: manager, Sort: ByCreated},
		"all, by id":                {Reader: manager, Sort: ByUniqueID},
		"all of a reader":           {Reader: anna},
		"all that everybody reads":  {},
		"all, third page":           {Reader: anna, Offset: 20},
		"type":                      {Reader: anna, Type: "workitem"},
		"type, none of late":        {Reader: manager, Type: "archive"},
		"type, none at all":         {Reader: anna, Type: "nonsuch"},
		"group":                     {Reader: anna, Key: KeyGroup, Value: "Group 7"},
		"group, none of late":       {Reader: manager, Key: KeyGroup, Value: "Old"},
		"group, none at all":        {Reader: anna, Key: KeyGroup, Value: "nonsuch"},
		"creator":                   {Reader: manager, Key: KeyCreator, Value: "user7"},
		"creator, none of late":     {Reader: manager, Key: KeyCreator, Value: "import"},
		"owner":                     {Reader: anna, Key: KeyOwner, Value: "user7"},
		"owner, none at all":        {Reader: manager, Key: KeyOwner, Value: "nonsuch"},
		"owner, by change":          {Reader: anna, Key: KeyOwner, Value: "user7", Sort: ByModified},
		"author":                    {Reader: manager, Key: KeyAuthor, Value: "user7", Type: "workitem"},
		"writeaccess":               {Reader: anna, Key: KeyWriteAccess, Names: []string{"user7", "team7"}},
		"ref":                       {Reader: anna, Key: KeyRef, Value: "project7"},
		"task of many":              {Reader: manager, Key: KeyTask, Value: "7"},
		"creator, and one reader":   {Reader: anna, Key: KeyCreator, Value: "user7"},
		"group, of a type, by page": {Reader: anna, Key: KeyGroup, Value: "Group 7", Type: "workitem", Offset: 10},
	} {
		q.Limit, q.Descending = 10, name != "all, oldest"
		for range 8 { // a plan that would be kept is made after some
			_, err := Find(t.Context(), pool, q)
			require.NoError(t, err)
		}
		require.Less(t, pages(t, pool, q), 500, name)
	}

	// Where nothing is for everybody, who may read little is not led along all.
	for _, statement := range []string{"UPDATE workitem SET readers = '{staff}' WHERE readers = '{\"\"}'", "VACUUM ANALYZE workitem"} {
		_, err := pool.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	for _, reader := range []Reader{{}, {Names: []string{"user7"}}, {Names: []string{"nonsuch"}}} {
		q := Query{Reader: reader, Descending: true, Limit: 10}
		require.Less(t, pages(t, pool, q), 500, "%v", reader)
	}
}

// pages counts the pages of the table and its indexes that a list reads.
func pages(t *testing.T, pool *pgxpool.Pool, q Query) int {
	t.Helper()
	before := pagesRead(t, pool)
	_, err := Find(t.Context(), pool, q)
	require.NoError(t, err)
	return pagesRead(t, pool) - before
}

func pagesRead(t *testing.T, pool *pgxpool.Pool) (n int) {
	t.Helper()
	_, err := pool.Exec(t.Context(), "SELECT pg_stat_force_next_flush()")
	require.NoError(t, err)
	require.NoError(t, pool.QueryRow(t.Context(), `
		SELECT heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit
		FROM pg_statio_user_tables
		WHERE relname = 'workitem'`).Scan(&n))
	return n
}
