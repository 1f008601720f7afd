package plugin_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

func TestAccess(t *testing.T) {
	t.Parallel()
	none := []string{""}
	for name, c := range map[string]struct {
		event, task workitem.Items
		read, write []string
		asked       int
	}{
		"nobody says": {of("namaddreadaccess", "x"), nil, []string{"old"}, []string{"old"}, 0},
		"no task says, so that none is asked": {
			of("keyupdateacl", "false"), of("keyupdateacl", "false", "namaddreadaccess", "t"), []string{"old"}, []string{"old"}, 0,
		},
		"the event": {of("keyupdateacl", "true", "namaddreadaccess", "e"), nil, []string{"e"}, none, 0},
		"the event before the task": {
			of("keyupdateacl", "true", "namaddwriteaccess", "e"), of("keyupdateacl", "true", "namaddreadaccess", "t"), none, []string{"e"}, 0,
		},
		"the task": {of(), of("keyupdateacl", "TRUE", "namaddreadaccess", "t"), []string{"t"}, none, 1},
		"a flag that is not true": {
			of("keyupdateacl", "1", "namaddreadaccess", "x"), of("keyupdateacl", "1", "namaddreadaccess", "t"), []string{"old"}, []string{"old"}, 1,
		},
		"nothing but the flag": {of("keyupdateacl", "true"), nil, none, none, 0},
		"texts, items, lists": {
			of("keyupdateacl", "true", "namaddreadaccess", "process:<itemvalue>one</itemvalue>", "namaddreadaccess", "carl",
				"keyaddreadfields", "TEAM", "keyaddreadfields", " [x, y ,,z] ", "keyaddreadfields", "{v}", "keyaddreadfields", "nothing"),
			nil,
			[]string{"process:carl", "carl", "anna", "ben", "x", "y", "z", "v"},
			none, 0,
		},
		"each name once, empty ones never": {
			of("keyupdateacl", "true", "namaddwriteaccess", "ben", "namaddwriteaccess", "", "keyaddwritefields", "team", "keyaddwritefields", "blank"),
			nil, none,
			[]string{"ben", "anna"},
			0,
		},
		"a list keeps its outer blanks": {of("keyupdateacl", "true", "keyaddreadfields", "[ u1 , u2 ]"), nil, []string{" u1", "u2 "}, none, 0},
		"brackets that do not match":    {of("keyupdateacl", "true", "keyaddreadfields", "[u1,u2}"), nil, none, none, 0},
		"the old readers do not stay": {
			of("keyupdateacl", "true", "keyaddreadfields", "$readaccess", "keyaddwritefields", "$readaccess"), nil, none, none, 0,
		},
		"the new readers may write": {
			of("keyupdateacl", "true", "namaddreadaccess", "r", "keyaddwritefields", "$readaccess"), nil, []string{"r"}, []string{"r"}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := of("one", "carl", "team", "anna", "team", "ben", "blank", "", "$readaccess", "old", "$writeaccess", "old")
			s := &scope{task: c.task}
			require.NoError(t, plugin.Access{}.Run(t.Context(), step(s, items, c.event)))
			require.Equal(t, c.read, values(items, "$readaccess"))
			require.Equal(t, c.write, values(items, "$writeaccess"))
			require.Equal(t, []string{"anna"}, values(items, "$participants"))
			require.Equal(t, c.asked, s.asked)
		})
	}
}

func TestAccessKeepsTheTypeOfANumber(t *testing.T) {
	t.Parallel()
	items := workitem.Items{"team": {int64(7), "7", int64(7), 7.5}}
	event := of("keyupdateacl", "true", "keyaddreadfields", "team")
	require.NoError(t, plugin.Access{}.Run(t.Context(), step(&scope{}, items, event)))
	require.Equal(t, []any{int64(7), "7", 7.5}, items.Values("$readaccess"))
}

func TestParticipants(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before []string
		editor string
		want   []string
	}{
		"first":              {nil, "anna", []string{"anna"}},
		"further":            {[]string{"ben"}, "anna", []string{"ben", "anna"}},
		"there already":      {[]string{"anna", "ben"}, "anna", []string{"anna", "ben"}},
		"another spelling":   {[]string{"Anna"}, "anna", []string{"Anna", "anna"}},
		"nobody":             {[]string{"ben"}, "", []string{"ben"}},
		"nobody, and no one": {nil, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := workitem.Items{}
			for _, p := range c.before {
				items.Append("$participants", p)
			}
			st := step(&scope{}, items, of())
			st.Editor = c.editor
			require.NoError(t, plugin.Access{}.Run(t.Context(), st))
			require.Equal(t, c.want, values(items, "$participants"))
		})
	}
}

func TestAccessFails(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"namaddreadaccess", "namaddwriteaccess"} {
		err := plugin.Access{}.Run(t.Context(), step(&scope{}, of(), of("keyupdateacl", "true", name, "<itemvalue>one")))
		fails(t, err, workflow.InvalidTagFormat, name)
	}
	broken := errors.New("no way out")
	err := plugin.Access{}.Run(t.Context(), step(&scope{task: of("keyupdateacl", "true"), failing: broken}, of(), of()))
	require.ErrorIs(t, err, broken)
}

func TestNoAccessDoesNothing(t *testing.T) {
	t.Parallel()
	items := of("a", "1")
	require.NoError(t, plugin.NoAccess{}.Run(t.Context(), step(&scope{}, items, of("keyupdateacl", "true", "namaddreadaccess", "r"))))
	require.Equal(t, of("a", "1"), items)
}
