package workitem_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

func TestPut(t *testing.T) {
	t.Parallel()
	items := workitem.Items{}
	require.NoError(t, items.Put(" A ", 5))
	require.NoError(t, items.Put("list", []any{"x", nil, workitem.List{"y"}}))
	require.NoError(t, items.Put("none", []any{}))
	require.NoError(t, items.Put("strings", []string{"x"}))
	require.NoError(t, items.Put("map", map[string]any{"x": 1}))
	require.Equal(t, workitem.Items{
		"a": {int64(5)}, "list": {"x", workitem.List{"y"}}, "none": {}, "strings": {"x"}, "map": {workitem.Map{"x": int64(1)}},
	}, items)
	require.NoError(t, items.Put("A", nil))
	require.False(t, items.Has("a"))

	var fault *workitem.TypeError
	require.ErrorAs(t, items.Put("map", struct{}{}), &fault)
	require.Equal(t, "map", fault.Item)
	require.ErrorAs(t, items.Put("map", []any{make(chan int)}), &fault)
	require.Equal(t, []any{workitem.Map{"x": int64(1)}}, items["map"], "an error changes nothing")
}

func TestPrepend(t *testing.T) {
	t.Parallel()
	items := workitem.Items{"a": {"x"}}
	items.Prepend("A", "y", nil, 1)
	items.Prepend("b", "z")
	items.Prepend("none", nil)
	require.Equal(t, workitem.Items{"a": {"y", int64(1), "x"}, "b": {"z"}}, items)
}

func TestPurge(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	items := workitem.Items{
		"text": {"x", "", "x", "y"}, "none": {},
		"kinds": {int64(1), 1.0, "1", int64(1), []byte{1}, []byte{1}, workitem.List{"x"}, workitem.List{"x"}, date, date.Local(), workitem.Map{}, true, true},
	}
	for _, name := range []string{"TEXT", "none", "kinds", "missing"} {
		items.Purge(name)
	}
	require.Equal(t, workitem.Items{
		"text": {"x", "y"}, "none": {}, "missing": {},
		"kinds": {int64(1), 1.0, "1", []byte{1}, workitem.List{"x"}, date, workitem.Map{}, true},
	}, items)
}

func TestSelect(t *testing.T) {
	t.Parallel()
	items := workitem.Items{"team": {"t"}, "team$approvers": {"x"}, "_sub": {"s"}, "artikel": {"a"}, "art": {"b"}}
	for name, tt := range map[string]struct {
		names []string
		want  workitem.Items
	}{
		"nothing":            {nil, workitem.Items{}},
		"a name":             {[]string{"TEAM"}, workitem.Items{"team": {"t"}}},
		"a name, no pattern": {[]string{"art"}, workitem.Items{"art": {"b"}}},
		"another name":       {[]string{" Team | Crew "}, workitem.Items{"crew": {"t"}}},
		"renamed, missing":   {[]string{"nope|x"}, workitem.Items{}},
		"a pattern":          {[]string{"te"}, workitem.Items{"team": {"t"}, "team$approvers": {"x"}}},
		"several":            {[]string{"_.*", "art"}, workitem.Items{"_sub": {"s"}, "art": {"b"}}},
	} {
		got, err := items.Select(tt.names...)
		require.NoError(t, err, name)
		require.Equal(t, tt.want, got, name)
	}
	_, err := items.Select("(")
	require.ErrorContains(t, err, "select items")
	all, err := items.Select(".*")
	require.NoError(t, err)
	all["art"][0] = "changed"
	require.Equal(t, "b", items.Text("art"), "a deep copy")
}
