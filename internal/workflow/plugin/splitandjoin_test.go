package plugin_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

func origin() workitem.Items {
	it := of("title", "Title", "team", "anna", "team", "ben", "invoice", "i", "invoice.no", "4711", "$owner", "anna",
		workitem.UniqueID, "origin", workitem.ModelVersion, "main-1.0", workitem.EventLog, "line", workitem.WorkitemID, "w", workitem.TransactionID, "tx")
	it.Set(workitem.TaskID, 1000)
	return it
}

// stored are workitems by id, and their model version and task.
func stored(ids ...string) map[string]workitem.Items {
	all := map[string]workitem.Items{}
	for _, id := range ids {
		it := of(workitem.UniqueID, id, workitem.ModelVersion, "sub-1.0", "x", "of "+id)
		it.Set(workitem.TaskID, map[string]int{"b": 200}[id]+100)
		all[id] = it
	}
	return all
}

func split(name, definition string) workitem.Items {
	return of("workflow.result", `<split name="`+name+`">`+definition+`</split>`)
}

func TestSubprocessCreate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		items string
		want  workitem.Items
	}{
		"nothing":          {"", of()},
		"by name":          {"title, team", of("title", "Title", "team", "anna", "team", "ben")},
		"in any case":      {"TITLE", of("title", "Title")},
		"renamed":          {"title | Subject,team|members", of("subject", "Title", "members", "anna", "members", "ben")},
		"a missing one":    {"nope,nope|there", workitem.Items{"nope": {}, "there": {}}},
		"by expression":    {"(^title$|^invoice$)", of("title", "Title", "invoice", "i")},
		"found anywhere":   {"(voice),title|t", of("invoice", "i", "invoice.no", "4711", "t", "Title")},
		"no expression":    {"(^title$)|x", workitem.Items{"x": {}}},
		"all":              {"(.*)", of("title", "Title", "team", "anna", "team", "ben", "invoice", "i", "invoice.no", "4711", "$owner", "anna")},
		"what is its own":  {"$uniqueid,$workitemid,$transactionid,$eventlog,$taskid,$modelversion", of()},
		"its own, renamed": {"$uniqueid|origin,title|$uniqueid", of("origin", "origin")},
		"empty parts":      {" , ,title,", of("title", "Title")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, items := &scope{}, origin()
			event := split("subprocess_create", "<modelversion>sub-1.0</modelversion><task>100</task><event>10</event><items>"+c.items+"</items>")
			require.NoError(t, plugin.SplitAndJoin{}.Run(t.Context(), step(s, items, event)))
			require.Equal(t, origin(), items)
			c.want.Set(workitem.ModelVersion, "sub-1.0")
			c.want.Set(workitem.TaskID, 100)
			c.want.Set(workitem.EventID, 10)
			c.want.Set("$workitemref", "origin")
			require.Equal(t, []workitem.Items{c.want}, s.made)
		})
	}
}

func TestSubprocessCreateDefaultsAndOldNames(t *testing.T) {
	t.Parallel()
	s, items := &scope{}, origin()
	event := of("txtactivityresult", `<split name="SUBPROCESS_CREATE"><processid>100</processid><activityid>10</activityid></split>
		<split name="subprocess_create"><task>200</task><event>20</event><debug>true</debug></split><split name="subprocess_create"/>`)
	require.NoError(t, plugin.SplitAndJoin{}.Run(t.Context(), step(s, items, event)))
	require.Len(t, s.made, 2)
	require.Equal(t, "main-1.0", s.made[0].Text(workitem.ModelVersion))
	require.Equal(t, 100, s.made[0].Int(workitem.TaskID))
	require.Equal(t, 10, s.made[0].Int(workitem.EventID))
	require.Equal(t, 200, s.made[1].Int(workitem.TaskID))
}

func TestTheOldTagLeads(t *testing.T) {
	t.Parallel()
	s := &scope{}
	event := of("workflow.result", `<split name="subprocess_create"><task>1</task><event>1</event></split>
		<item name="subprocess_create"><task>2</task><event>2</event><items>title</items></item><item name="title">x</item>`)
	require.NoError(t, plugin.SplitAndJoin{}.Run(t.Context(), step(s, origin(), event)))
	require.Len(t, s.made, 1)
	require.Equal(t, 2, s.made[0].Int(workitem.TaskID))
	require.Equal(t, "Title", s.made[0].Text("title"))
}

func TestAction(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event workitem.Items
		want  []string
	}{
		"none":               {split("subprocess_create", "<task>1</task><event>1</event><action></action>"), nil},
		"a text":             {split("subprocess_create", "<task>1</task><event>1</event><action>home</action>"), []string{"home"}},
		"about the new one":  {split("subprocess_create", "<task>1</task><event>1</event><items>title</items><action>/<itemvalue>$uniqueid</itemvalue>/<itemvalue>title</itemvalue></action>"), []string{"/new/Title"}},
		"about the last one": {split("subprocess_update", "<event>1</event><action><itemvalue>x</itemvalue></action>"), []string{"of b"}},
		"of an origin":       {split("origin_update", "<modelversion>sub</modelversion><event>1</event><action><itemvalue>x</itemvalue></action>"), []string{"of b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := origin()
			items.Set("$workitemref", "a", "b")
			require.NoError(t, plugin.SplitAndJoin{}.Run(t.Context(), step(&scope{stored: stored("a", "b")}, items, c.event)))
			require.Equal(t, c.want, values(items, "action"))
		})
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	const both = "sub-1.0"
	for name, c := range map[string]struct {
		name, definition string
		refs, earlier    []string
		want             []string // ids of the processed
	}{
		"all":                        {"subprocess_update", "", []string{"a", "b", "gone"}, nil, []string{"a", "b"}},
		"by task":                    {"subprocess_update", "<task>100</task>", []string{"a", "b"}, nil, []string{"a"}},
		"found anywhere in the task": {"subprocess_update", "<task>00</task>", []string{"a", "b"}, nil, []string{"a", "b"}},
		"by an expression":           {"subprocess_update", "<task>^[23]</task>", []string{"a", "b"}, nil, []string{"b"}},
		"by model":                   {"subprocess_update", "<modelversion>^sub-</modelversion>", []string{"a", "b"}, nil, []string{"a", "b"}},
		"of no model":                {"subprocess_update", "<modelversion>main</modelversion>", []string{"a", "b"}, nil, nil},
		"twice":                      {"subprocess_update", "", []string{"a", "a"}, nil, []string{"a", "a"}},
		"the earlier reference":      {"subprocess_update", "", nil, []string{"b"}, []string{"b"}},
		"today's leads":              {"subprocess_update", "", []string{"a"}, []string{"b"}, []string{"a"}},
		"no reference":               {"subprocess_update", "", nil, nil, nil},
		"origin of the own model":    {"origin_update", "", []string{"a"}, nil, nil},
		"origin of another":          {"origin_update", "<modelversion>" + both + "</modelversion>", []string{"a", "b"}, nil, []string{"a", "b"}},
		"origin by task":             {"origin_update", "<modelversion>" + both + "</modelversion><task>^300$</task>", []string{"a", "b"}, nil, []string{"b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, items := &scope{stored: stored("a", "b")}, origin()
			for _, id := range c.refs {
				items.Append("$workitemref", id)
			}
			for _, id := range c.earlier {
				items.Append("txtworkitemref", id)
			}
			event := split(c.name, c.definition+"<event>20</event><items>title|x,$uniqueid,(.*)</items>")
			require.NoError(t, plugin.SplitAndJoin{}.Run(t.Context(), step(s, items, event)))
			var done []string
			for _, it := range s.made {
				done = append(done, it.Text(workitem.UniqueID))
				require.Equal(t, 20, it.Int(workitem.EventID))
				require.Equal(t, "Title", it.Text("x"))
				require.Equal(t, "sub-1.0", it.Text(workitem.ModelVersion), "what is its own stays")
			}
			require.Equal(t, c.want, done)
		})
	}
}

func TestOnlyTheFirstOriginUpdateCounts(t *testing.T) {
	t.Parallel()
	s, items := &scope{stored: stored("a")}, origin()
	items.Set("$workitemref", "a")
	event := of("workflow.result", `<split name="origin_update"><modelversion>sub</modelversion><event>1</event></split>
		<split name="origin_update"><modelversion>sub</modelversion><event>2</event></split>`)
	require.NoError(t, plugin.SplitAndJoin{}.Run(t.Context(), step(s, items, event)))
	require.Len(t, s.made, 1)
	require.Equal(t, 1, s.made[0].Int(workitem.EventID))
}

func TestReferencesOfOtherPlugins(t *testing.T) {
	t.Parallel()
	s, items := &scope{stored: stored("a", "b")}, origin()
	items.Set("$workitemref", "a")
	items.Set("$uniqueidref", "b", "a")
	require.NoError(t, plugin.SplitAndJoin{}.Run(t.Context(), step(s, items, split("subprocess_update", "<event>1</event>"))))
	require.Equal(t, []string{"a", "b"}, values(items, "$workitemref"))
	require.Len(t, s.made, 2)
}

func TestSubprocessSync(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refs  []string
		items string
		want  map[string][]string
	}{
		"renamed":          {[]string{"a"}, "x|from", map[string][]string{"from": {"of a"}}},
		"missing":          {[]string{"a"}, "title", map[string][]string{"title": {}}},
		"the first only":   {[]string{"b", "a"}, "x", map[string][]string{"x": {"of b"}}},
		"not stored":       {[]string{"gone", "a"}, "x", map[string][]string{"x": nil}},
		"no reference":     {nil, "x", map[string][]string{"x": nil}},
		"a task, renamed":  {[]string{"a"}, "$taskid|there", map[string][]string{"there": {"100"}, "$taskid": {"1000"}}},
		"never its own":    {[]string{"a"}, "$taskid,$uniqueid,$modelversion", map[string][]string{"$taskid": {"1000"}, "$uniqueid": {"origin"}, "$modelversion": {"main-1.0"}}},
		"by an expression": {[]string{"a"}, "(.*)", map[string][]string{"x": {"of a"}, "$uniqueid": {"origin"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, items := &scope{stored: stored("a", "b")}, origin()
			for _, id := range c.refs {
				items.Append("$workitemref", id)
			}
			require.NoError(t, plugin.SplitAndJoin{}.Run(t.Context(), step(s, items, split("subprocess_sync", "<items>"+c.items+"</items>"))))
			for name, want := range c.want {
				require.Equal(t, want, values(items, name), name)
			}
			require.Empty(t, s.made)
			if list := items.Values("from"); len(list) > 0 {
				list[0] = "changed"
				require.Equal(t, "of a", s.stored["a"].Text("x"))
			}
		})
	}
}

func TestSplitAndJoinDoesNothingElse(t *testing.T) {
	t.Parallel()
	for _, result := range []string{
		"", "hello", `<split><task>1</task><event>1</event></split>`, `<split name="foo"><task>1</task></split>`,
		`<split name="subprocess_create"></split>`, `<itemvalue>evil</itemvalue>`, `<item name="a">subprocess_create</item>`,
	} {
		s, items := &scope{}, of("evil", `<split name="subprocess_create"><task>1</task><event>1</event></split>`)
		require.NoError(t, plugin.SplitAndJoin{}.Run(t.Context(), step(s, items, of("workflow.result", result))))
		require.Empty(t, s.made, result)
		require.Len(t, items, 1, result)
	}
}

func TestSplitAndJoinFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event   workitem.Items
		code    workflow.Code
		message string
	}{
		"no task":            {split("subprocess_create", "<event>1</event>"), workflow.InvalidTagFormat, "<task>"},
		"no event":           {split("subprocess_create", "<task>1</task>"), workflow.InvalidTagFormat, "<event>"},
		"no number":          {split("subprocess_create", "<task>abc</task><event>1</event>"), workflow.InvalidTagFormat, `"abc"`},
		"beyond a number":    {split("subprocess_create", "<task>99999999999</task><event>1</event>"), workflow.InvalidTagFormat, "99999999999"},
		"no event to update": {split("subprocess_update", "<task>1</task>"), workflow.InvalidTagFormat, "<event>"},
		"no expression":      {split("subprocess_update", "<task>(</task><event>1</event>"), workflow.InvalidTagFormat, "regular expression"},
		"a Java expression":  {split("origin_update", "<task>1(?!0)</task><event>1</event>"), workflow.InvalidTagFormat, "(?!"},
		"a Java one of items": {
			split("subprocess_create", "<task>1</task><event>1</event><items>(?=a)</items>"), workflow.InvalidTagFormat, "regular expression",
		},
		"not closed":       {of("workflow.result", `<split name="subprocess_create"><task>1</task>`), workflow.InvalidTagFormat, "split"},
		"no XML":           {split("origin_update", "<event>1"), workflow.InvalidFormat, "XML"},
		"text":             {split("subprocess_create", "hello"), workflow.InvalidTagFormat, "<task>"},
		"an action's text": {split("subprocess_create", "<task>1</task><event>1</event><action><![CDATA[<itemvalue>x]]></action>"), workflow.InvalidTagFormat, "action"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, items := &scope{stored: stored("a")}, origin()
			items.Set("$workitemref", "a")
			for range 2 { // the second time from what is kept
				fails(t, plugin.SplitAndJoin{}.Run(t.Context(), step(s, items, c.event)), c.code, c.message)
			}
		})
	}
}

func TestSplitAndJoinPassesOnWhatFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("busy")
	for _, event := range []workitem.Items{
		split("subprocess_create", "<task>1</task><event>1</event>"), split("subprocess_update", "<event>1</event>"),
		split("origin_update", "<event>1</event>"), split("subprocess_sync", "<items>x</items>"),
	} {
		items := origin()
		items.Set("$workitemref", "a")
		err := plugin.SplitAndJoin{}.Run(t.Context(), step(&scope{failing: broken}, items, event))
		require.ErrorIs(t, err, broken)
	}
}
