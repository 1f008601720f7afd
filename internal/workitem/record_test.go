package workitem_test

import (
	"maps"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgrestest"
	"github.com/postlude/postlude/internal/workitem"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func record(id string) *workitem.Record {
	return &workitem.Record{ArmedBy: "t1", Items: workitem.Items{
		workitem.UniqueID: {id}, workitem.TransactionID: {"t1"}, workitem.ModelVersion: {"m-1.0"},
		workitem.TaskID: {int64(100)}, workitem.Type: {"workitem"}, workitem.WorkflowGroup: {"Group"},
	}}
}

func write(t *testing.T, db workitem.DB, records ...*workitem.Record) int {
	t.Helper()
	n, err := workitem.Write(t.Context(), db, records)
	require.NoError(t, err)
	return n
}

func load(t *testing.T, pool *pgxpool.Pool, id string) workitem.Record {
	t.Helper()
	r, err := workitem.Load(t.Context(), pool, id)
	require.NoError(t, err)
	return r
}

func TestEveryTypeSurvivesPostgres(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	r := record("w")
	values := map[string][]any{
		"string":  {"a \"quoted\" \\ \\u0000 line\n\t\u2028 ü \U0001F4A5", ""},
		"integer": {int64(math.MaxInt64), int64(math.MinInt64), int64(0)},
		"double":  {5.0, 0.1, 1e300, 5e-324, math.Inf(1)},
		"boolean": {true, false},
		"date":    {time.Date(2026, 2, 28, 23, 59, 59, 123e6, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)},
		"bytes":   {[]byte{0, 255}, []byte{}},
		"list":    {workitem.List{int64(1), workitem.List{}, workitem.List{"x"}}},
		"map":     {workitem.Map{"B": workitem.List{"x"}, "b": 1.0, "@date": "x", "": true}},
		"none":    {},
		"ümlaut":  {"x"},
	}
	maps.Copy(r.Items, values)
	require.NoError(t, r.Items.Check())
	require.Equal(t, 1, write(t, pool, r))
	got := load(t, pool, "w")
	for name, v := range values {
		require.Equal(t, v, got.Items[name], name)
	}
	got.Items["nan"] = []any{math.NaN(), math.Copysign(0, -1)}
	got.Version = 1
	require.Equal(t, 1, write(t, pool, &got))
	again := load(t, pool, "w").Items["nan"]
	require.True(t, math.IsNaN(again[0].(float64)))   //nolint:forcetypeassert // fails the test as well
	require.True(t, math.Signbit(again[1].(float64))) //nolint:forcetypeassert // fails the test as well
}

func TestColumnsFollowTheItems(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	write(t, pool, record("w"))
	first := load(t, pool, "w")
	require.Equal(t, int64(1), first.Version)
	require.Equal(t, "t1", first.ArmedBy)
	require.WithinDuration(t, time.Now(), first.Created, time.Minute)
	require.Equal(t, first.Created.UTC().Truncate(time.Millisecond), first.Items.Date(workitem.Created))
	require.Equal(t, first.Modified.UTC().Truncate(time.Millisecond), first.Items.Date(workitem.Modified))

	// Whatever the items say of the times, the columns hold.
	changed := first
	changed.Items = first.Items.Clone()
	changed.Items.Set(workitem.Created, time.Unix(0, 0))
	changed.Items.Set(workitem.Modified, time.Unix(0, 0))
	changed.Items.Set(workitem.TaskID, 200)
	changed.ArmedBy = "t2"
	require.Equal(t, 1, write(t, pool, &changed))
	second := load(t, pool, "w")
	require.Equal(t, int64(2), second.Version)
	require.Equal(t, "t2", second.ArmedBy)
	require.Equal(t, first.Created, second.Created)
	require.True(t, second.Modified.After(first.Modified))
	require.Equal(t, second.Items, changed.Items, "a record that was written knows its times")
	var task int
	var stored string
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT task_id, items::text FROM workitem").Scan(&task, &stored))
	require.Equal(t, 200, task)
	require.NotContains(t, stored, "$created")
	require.NotContains(t, stored, "$modified")
}

func TestAnImportedWorkitemKeepsItsCreation(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	created := time.Date(2020, 1, 2, 3, 4, 5, 678e6, time.UTC)
	r := record("w")
	r.Items.Set(workitem.Created, created)
	write(t, pool, r)
	require.Equal(t, created, load(t, pool, "w").Items.Date(workitem.Created))
}

func TestWriteCountsWhatItStored(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	require.Zero(t, write(t, pool))
	require.Equal(t, 2, write(t, pool, record("a"), record("b")))
	twice := record("a")
	twice.Items.Set("subject", "another")
	require.Equal(t, 1, write(t, pool, twice, record("c")), "the id exists")
	require.False(t, load(t, pool, "a").Items.Has("subject"), "overwritten")
	a := load(t, pool, "a")
	require.Equal(t, 2, write(t, pool, &a, record("d")))
	require.Equal(t, int64(2), load(t, pool, "a").Version)
}

func TestLoadSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	_, err := workitem.Load(t.Context(), pool, "nowhere")
	require.ErrorIs(t, err, workitem.ErrNotFound)
	require.ErrorContains(t, err, "nowhere")
	write(t, pool, record("w"))
	_, err = pool.Exec(t.Context(), `UPDATE workitem SET items = '{"a":{"@money":1}}'`)
	require.NoError(t, err)
	_, err = workitem.Load(t.Context(), pool, "w")
	require.ErrorContains(t, err, "@money")
	require.NotErrorIs(t, err, workitem.ErrNotFound)
}

func TestLockFreeSkipsWhatOthersHaveLocked(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	write(t, pool, record("a"), record("b"))
	first, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer first.Rollback(t.Context()) //nolint:errcheck // it is all that is wanted
	locked, err := workitem.LockFree(t.Context(), first, []string{"a"})
	require.NoError(t, err)
	require.Equal(t, map[string]workitem.Locked{"a": {Version: 1, ArmedBy: "t1"}}, locked)

	second, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer second.Rollback(t.Context()) //nolint:errcheck // it is all that is wanted
	locked, err = workitem.LockFree(t.Context(), second, []string{"b", "missing", "a", "b"})
	require.NoError(t, err)
	require.Equal(t, map[string]workitem.Locked{"b": {Version: 1, ArmedBy: "t1"}}, locked)
	require.NoError(t, first.Rollback(t.Context()))
	locked, err = workitem.LockFree(t.Context(), second, []string{"a"})
	require.NoError(t, err)
	require.Len(t, locked, 1, "free again")
}
