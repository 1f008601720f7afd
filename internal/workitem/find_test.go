package workitem_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgrestest"
	"github.com/postlude/postlude/internal/workitem"
)

// stored writes a workitem with these items, given as JSON, besides the usual ones.
func stored(t *testing.T, pool *pgxpool.Pool, id, items string) {
	t.Helper()
	r := record(id)
	more, err := workitem.ParseJSON([]byte(items))
	require.NoError(t, err)
	maps.Copy(r.Items, more)
	require.Equal(t, 1, write(t, pool, r))
}

// found are the ids of a list, in its order, with a space between them.
func found(t *testing.T, pool *pgxpool.Pool, q workitem.Query) string {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	list, err := workitem.Find(t.Context(), pool, q)
	require.NoError(t, err)
	ids := make([]string, len(list))
	for i, f := range list {
		ids[i] = f.Items.Text(workitem.UniqueID)
	}
	return strings.Join(ids, " ")
}

func TestFindByKey(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	stored(t, pool, "a", `{"$owner":["anna","bob"],"$creator":"anna","$writeaccess":["anna","team"],"$workitemref":["p","q"]}`)
	stored(t, pool, "b", `{"$owner":["bob"],"$creator":["bob","anna"],"$writeaccess":["",7],"$uniqueidref":["p"],"$taskid":200}`)
	stored(t, pool, "c", `{"$owner":[""],"$workflowgroup":"Other","$writeaccess":[true],"$workitemref":["x\"y\\z"],"$taskid":200}`)
	stored(t, pool, "d", `{"namowner":["anna"],"$workflowgroup":"other","type":"archive"}`)
	all := workitem.Reader{All: true}
	for _, c := range []struct {
		key         workitem.Key
		value, want string
	}{
		{workitem.KeyAll, "", "a b c d"},
		{workitem.KeyOwner, "anna", "a"},
		{workitem.KeyOwner, "bob", "a b"},
		{workitem.KeyOwner, "ann", ""},
		{workitem.KeyOwner, "", ""},
		{workitem.KeyCreator, "anna", "a"},
		{workitem.KeyCreator, "bob", "b"},
		{workitem.KeyAuthor, "team", "a"},
		{workitem.KeyAuthor, "7", "b"},
		{workitem.KeyAuthor, "true", "c"},
		{workitem.KeyAuthor, "", ""},
		{workitem.KeyGroup, "Group", "a b"},
		{workitem.KeyGroup, "Other", "c"},
		{workitem.KeyTask, "200", "b c"},
		{workitem.KeyTask, "200.0", ""},
		{workitem.KeyTask, "99999999999", ""},
		{workitem.KeyRef, "p", "a b"},
		{workitem.KeyRef, `x"y\z`, "c"},
		{workitem.KeyRef, "x' OR '1'='1", ""},
		{workitem.KeyGroup, "x' OR '1'='1", ""},
	} {
		q := workitem.Query{Key: c.key, Value: c.value, Reader: all}
		require.Equal(t, c.want, found(t, pool, q), "%s %s", c.key, c.value)
	}
	for _, c := range []struct {
		names []string
		want  string
	}{{[]string{"team", "7"}, "a b"}, {[]string{"team", "anna"}, "a"}, {[]string{""}, ""}, {nil, ""}} {
		q := workitem.Query{Key: workitem.KeyWriteAccess, Names: c.names, Reader: all}
		require.Equal(t, c.want, found(t, pool, q), c.names)
	}
	require.Equal(t, "d", found(t, pool, workitem.Query{Type: "archive", Reader: all}))
	require.Equal(t, "b", found(t, pool, workitem.Query{Type: "workitem", Key: workitem.KeyOwner, Value: "bob", Reader: all, Offset: 1}))
	require.Empty(t, found(t, pool, workitem.Query{Type: "archive", Key: workitem.KeyOwner, Value: "bob", Reader: all}))
}

func TestFindRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	stored(t, pool, "w", `{}`)
	for _, q := range []workitem.Query{{Key: "owners"}, {Sort: "created within"}, {Sort: "$created"}, {Key: workitem.KeyOwner, Value: "\x00"}, {Type: "\xff"}} {
		q.Limit = 1
		list, err := workitem.Find(t.Context(), pool, q)
		require.ErrorContains(t, err, "list workitems", "%+v", q)
		require.Empty(t, list)
	}
}

func TestFindFollowsTheItems(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	stored(t, pool, "w", `{"$owner":"anna","$readaccess":["anna"],"$writeaccess":["anna"],"$workitemref":["p"],"$creator":"anna"}`)
	queries := func(value string) (lists []string) {
		reader := workitem.Reader{Names: []string{value}}
		for _, key := range []workitem.Key{workitem.KeyAll, workitem.KeyOwner, workitem.KeyAuthor, workitem.KeyCreator, workitem.KeyRef} {
			lists = append(lists, found(t, pool, workitem.Query{Key: key, Value: value, Reader: reader}))
		}
		return lists
	}
	require.Equal(t, []string{"w", "w", "w", "w", ""}, queries("anna"))
	r := load(t, pool, "w")
	for _, name := range []string{"$owner", "$readaccess", "$writeaccess", "$workitemref", "$creator"} {
		r.Items.Set(name, "bob")
	}
	write(t, pool, &r)
	require.Equal(t, []string{"", "", "", "", ""}, queries("anna"))
	require.Equal(t, []string{"w", "w", "w", "w", "w"}, queries("bob"))
}

func TestFindShowsWhatItsReaderMayRead(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	for id, readers := range map[string]string{
		"a": `[]`, "b": `""`, "c": `["",""]`, "d": `["anna"]`, "e": `["","team","x"]`, "f": `[7]`, "g": `[[]]`, "h": `{"@date":"2026-01-01T00:00:00.000Z"}`,
		"i": `["` + strings.Repeat("x", 256) + `"]`,
	} {
		stored(t, pool, id, `{"$readaccess":`+readers+`,"$owner":"anna"}`)
	}
	stored(t, pool, "j", `{}`)
	for _, c := range []struct {
		reader workitem.Reader
		want   string
	}{
		{workitem.Reader{All: true}, "a b c d e f g h i j"},
		{workitem.Reader{}, "a b c j"},
		{workitem.Reader{Names: []string{""}}, "a b c j"},
		{workitem.Reader{Names: []string{"anna"}}, "a b c d j"},
		{workitem.Reader{Names: []string{"bob", "team", "7"}}, "a b c e f j"},
		{workitem.Reader{Names: []string{"[]", strings.Repeat("x", 256)}}, "a b c j"},
	} {
		require.Equal(t, c.want, found(t, pool, workitem.Query{Sort: workitem.ByUniqueID, Reader: c.reader}))
		owned := strings.TrimSuffix(c.want, " j")
		require.Equal(t, owned, found(t, pool, workitem.Query{
			Key: workitem.KeyOwner, Value: "anna", Sort: workitem.ByUniqueID, Reader: c.reader, Type: "workitem",
		}))
	}
}

// Each order, of each kind of list, in both directions, in pages without gaps.
func TestFindPagesInOrder(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	const count = 40
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	byCreated, byTask := make([]string, count), make([]string, count)
	for i := range count {
		id := fmt.Sprintf("w%02d", i*7%count)
		at := begin.Add(time.Duration(i/2) * time.Hour)
		stored(t, pool, id, fmt.Sprintf(`{"$created":{"@date":%q},"$taskid":%d,"$owner":"anna","$creator":"anna"}`, at.Format(time.RFC3339), 100+i%3))
		byCreated[i] = fmt.Sprintf("%03d %s", i/2, id)
		byTask[i] = fmt.Sprintf("%03d %s", i%3, id)
	}
	_, err := pool.Exec(t.Context(), "UPDATE workitem SET modified = created - 2 * (created - $1::timestamptz)", begin)
	require.NoError(t, err)
	byModified := make([]string, count)
	for i, id := range byCreated {
		byModified[i] = fmt.Sprintf("%03d %s", count-i/2, id[4:])
	}
	ordered := func(keys []string) (ids []string) {
		slices.Sort(keys)
		for _, key := range keys {
			ids = append(ids, key[4:])
		}
		return ids
	}
	byID := slices.Sorted(slices.Values(ordered(slices.Clone(byCreated))))
	for sort, want := range map[workitem.Sort][]string{
		"": ordered(byCreated), workitem.ByCreated: ordered(byCreated), workitem.ByModified: ordered(byModified),
		workitem.ByTask: ordered(byTask), workitem.ByUniqueID: byID,
	} {
		for _, q := range []workitem.Query{
			{},
			{Type: "workitem"},
			{Key: workitem.KeyOwner, Value: "anna"},
			{Key: workitem.KeyCreator, Value: "anna"},
			{Key: workitem.KeyGroup, Value: "Group"},
		} {
			q.Sort, q.Reader = sort, workitem.Reader{Names: []string{"x"}}
			for range 2 {
				var got []string
				for q.Offset = 0; q.Offset <= count; q.Offset += 7 {
					q.Limit = 7
					got = append(got, strings.Fields(found(t, pool, q))...)
				}
				require.Equal(t, want, got, "%s %s descending %t", q.Key, sort, q.Descending)
				slices.Reverse(want)
				q.Descending = !q.Descending
			}
		}
	}
}

func TestFindBoundsTheItems(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	large := `{"text":"` + strings.Repeat("x", 10<<20) + `","note":"n"}`
	for id, items := range map[string]string{"a": large, "b": `{"note":"n"}`, "c": large, "d": `{"note":"n"}`} {
		stored(t, pool, id, items)
	}
	q := workitem.Query{Sort: workitem.ByUniqueID, Limit: 10}
	list, err := workitem.Find(t.Context(), pool, q)
	require.NoError(t, err)
	var leftOut []bool
	for _, f := range list {
		leftOut = append(leftOut, f.ItemsLeftOut)
		require.Equal(t, !f.ItemsLeftOut, f.Items.Has("note"))
	}
	require.Equal(t, []bool{false, false, true, true}, leftOut)
	require.Equal(t, workitem.Items{
		workitem.UniqueID: {"c"}, workitem.TransactionID: {"t1"}, workitem.ModelVersion: {"m-1.0"}, workitem.TaskID: {int64(100)},
		workitem.Type: {"workitem"}, workitem.WorkflowGroup: {"Group"},
		workitem.Created: {list[2].Created.UTC().Truncate(time.Millisecond)}, workitem.Modified: {list[2].Modified.UTC().Truncate(time.Millisecond)},
	}, list[2].Items)

	q.Offset, q.Limit = 2, 1
	list, err = workitem.Find(t.Context(), pool, q)
	require.NoError(t, err)
	require.False(t, list[0].ItemsLeftOut, "the first of a page has its items")
	require.Equal(t, "n", list[0].Items.Text("note"))
	require.Equal(t, int64(1), list[0].Version)
	require.Equal(t, "t1", list[0].ArmedBy)
}

// Whatever the lists of a workitem hold, it is stored, found by what can be a
// name, and goes on to be updated in place.
func TestHugeLists(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t).Pool
	r := record("w")
	for i := range 5_000 {
		name := fmt.Sprintf("user%d", i)
		for _, item := range []string{"$owner", "$readaccess", "$writeaccess", "$workitemref"} {
			r.Items[item] = append(r.Items[item], name)
		}
	}
	var noise strings.Builder // which no compression makes short
	for i := range 2000 {
		fmt.Fprintf(&noise, "%x", i*i*7919)
	}
	long := noise.String()
	for _, item := range []string{"$owner", "$readaccess", "$writeaccess", "$workitemref"} {
		r.Items[item] = append(r.Items[item], long)
	}
	noisy := record("noisy")
	noisy.Items.Set(workitem.ReadAccess, "user4999")
	for _, item := range []string{workitem.WorkflowGroup, workitem.Creator, workitem.Type} {
		noisy.Items.Set(item, long)
	}
	require.Equal(t, 2, write(t, pool, r, noisy))

	reader := workitem.Reader{Names: []string{"user4999"}}
	for _, key := range []workitem.Key{workitem.KeyOwner, workitem.KeyAuthor, workitem.KeyRef} {
		require.Equal(t, "w", found(t, pool, workitem.Query{Key: key, Value: "user4998", Reader: reader}))
		require.Empty(t, found(t, pool, workitem.Query{Key: key, Value: long, Reader: reader}))
	}
	require.Equal(t, "noisy", found(t, pool, workitem.Query{Key: workitem.KeyGroup, Value: long, Type: long, Reader: reader}))
	require.Empty(t, found(t, pool, workitem.Query{Key: workitem.KeyGroup, Value: long[:len(long)-1], Reader: reader}))
	require.Empty(t, found(t, pool, workitem.Query{Reader: workitem.Reader{Names: []string{long}}}))

	// Its own statistics a transaction sees at once.
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context()) //nolint:errcheck // it is all that is wanted
	again := load(t, pool, "w")
	again.Items.Set(workitem.TaskID, 200)
	write(t, tx, &again)
	var inPlace int
	require.NoError(t, tx.QueryRow(t.Context(), "SELECT pg_stat_get_xact_tuples_hot_updated('workitem'::regclass)").Scan(&inPlace))
	require.Equal(t, 1, inPlace, "updates that touched no index")
}
