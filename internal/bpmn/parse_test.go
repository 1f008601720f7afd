package bpmn_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

func parse(t *testing.T, name string) *bpmn.Model {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	require.NoError(t, err)
	defer f.Close()
	m, err := bpmn.Parse(name, f)
	require.NoError(t, err)
	return m
}

func TestParseReadsWhatTheModelSays(t *testing.T) {
	t.Parallel()
	m := parse(t, "other-prefixes.bpmn")
	require.Equal(t, "prefix-1.0", m.Version)
	require.Equal(t, []string{"com.example.One", "com.example.Two"}, m.Plugins)
	require.Equal(t, []string{"namTeam"}, m.Items["txtfieldmapping"])
	require.Equal(t, []string{"Prefix"}, m.Groups())
	require.Equal(t, "The pool", m.Processes[0].Pool)
	require.Equal(t, "Public", m.Processes[0].Type)

	task := m.Task(1)
	require.NotNil(t, task)
	require.Equal(t, "userTask", task.Type)
	require.Equal(t, "One", task.Items.Text("txtname"))
	require.Equal(t, "What to do", task.Items.Text("rtfdescription"))
	require.Equal(t, "first", task.Items.Text("workflow.summary"), "of several CDATA sections the first counts")
	require.Equal(t, []bpmn.DataObject{{Name: "Form", Documentation: "{}"}}, task.DataObjects)

	event := task.Event(5)
	require.NotNil(t, event)
	require.Same(t, event, m.EventByElement("event1"))
	require.Equal(t, []string{"com.example.Adapter"}, event.Adapters)
	require.Equal(t, "Hello, Dear all!", event.Items.Text("rtfmailbody"))
	require.Equal(t, "new", event.Items.Text("txtactivityresult"), "the new name leads")
	require.Empty(t, m.Check(nil))
}

// As in Imixs, an item takes the place of the attribute or element of its name,
// and the old name counts where that leaves nothing.
func TestNamesFromItems(t *testing.T) {
	t.Parallel()
	item := func(name, value string) string {
		return `<imixs:item name="` + name + `"><imixs:value>` + value + `</imixs:value></imixs:item>`
	}
	for name, c := range map[string]struct {
		attribute, items    string
		want, documentation string
	}{
		"the attribute":         {` name="own"`, "", "own", "text"},
		"nothing":               {"", "", "", "text"},
		"an item":               {` name="own"`, item("name", "item name"), "item name", "text"},
		"the old name":          {"", item("txtname", "old name"), "old name", "text"},
		"the old name is empty": {` name="own"`, item("txtname", ""), "own", "text"},
		"the new name leads":    {` name="own"`, item("txtname", "old name"), "own", "text"},
		"an empty item":         {` name="own"`, item("name", "") + item("txtname", "old name"), "old name", "text"},
		"a documentation":       {"", item("documentation", "item text"), "", "item text"},
		"an empty one":          {"", item("documentation", "") + item("rtfdescription", "old text"), "", "old text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := `<documentation>text</documentation><extensionElements>` + c.items + `</extensionElements>`
			m := read(t, begin+`<task id="t" imixs:processid="1"`+c.attribute+`>`+inner+`</task>`+
				`<intermediateCatchEvent id="e" imixs:activityid="1"`+c.attribute+`>`+inner+`</intermediateCatchEvent></process></definitions>`)
			task, event := m.Task(1), m.EventByElement("e")
			require.Equal(t, []string{c.want, c.documentation}, []string{task.Name, task.Documentation})
			require.Equal(t, []string{c.want, c.documentation}, []string{event.Name, event.Documentation})
			for _, items := range []bpmn.Items{task.Items, event.Items} {
				require.Equal(t, c.want, items.Text("name"))
				require.Equal(t, c.want, items.Text("txtname"))
				require.Equal(t, c.documentation, items.Text("documentation"))
				require.Equal(t, c.documentation, items.Text("rtfdescription"))
			}
		})
	}
}

func TestCallableEvents(t *testing.T) {
	t.Parallel()
	m := parse(t, "callable-events.bpmn")
	var ids []int
	for _, e := range m.Task(100).Events {
		ids = append(ids, e.ID)
	}
	// Behind the task: 50 and 60. Initial: 10, not 20 that follows it; 30. 40
	// has another event in front of it that is no initial one.
	require.Equal(t, []int{50, 60, 10, 30}, ids)
	require.Nil(t, m.Task(100).Event(20))
	require.Nil(t, m.Task(200).Event(30))
}

func TestBoundaryEvents(t *testing.T) {
	t.Parallel()
	m := parse(t, "timers.bpmn")
	want := []struct {
		id           string
		target       int
		interrupting bool
		value        string
	}{
		{"boundary1", 11, true, "1500"},
		{"boundary2", 12, true, "PT1H30M"},
		{"boundary3", 13, true, "P1M"},
		{"boundary4", 14, true, ""},
		{"boundary5", 15, true, "soon"},
		{"boundary6", 16, true, "2030-01-01T00:00:00Z"},
		{"boundary7", 17, true, "R3/PT10H"},
		{"silent", 0, true, ""},
		{"message", 30, false, ""},
	}
	got := m.Task(100).Boundary
	require.Len(t, got, len(want))
	for i, w := range want {
		require.Equal(t, w.id, got[i].ElementID)
		require.Equal(t, w.target, got[i].TargetEvent, w.id)
		require.Equal(t, w.interrupting, got[i].Interrupting, w.id)
		require.Equal(t, w.value, got[i].Timer.Text, w.id)
	}
	require.NotNil(t, m.Task(100).Event(11), "the target of the first boundary event is callable")
	require.Nil(t, m.Task(100).Event(12), "others are not")
	require.NotNil(t, m.Task(100).BoundaryTarget(12))
	require.Nil(t, m.Task(100).BoundaryTarget(99))
}
