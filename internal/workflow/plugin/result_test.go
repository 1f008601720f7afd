package plugin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

func TestResult(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event workitem.Items
		want  workitem.Items
	}{
		"nothing":           {of(), of("a", "old")},
		"text alone":        {of("workflow.result", "1 < 2"), of("a", "old")},
		"replaced":          {of("workflow.result", `<item name="a">1</item><item name="A">2</item>`), of("a", "1", "a", "2")},
		"typed":             {of("workflow.result", `<item name="ok" type="boolean">true</item>`), workitem.Items{"a": {"old"}, "ok": {true}, "ok.type": {"boolean"}}},
		"about the item":    {of("workflow.result", `<item name="a"><itemvalue>a</itemvalue>!</item>`), of("a", "old!")},
		"the old name":      {of("txtactivityresult", `<item name="b">1</item>`), of("a", "old", "b", "1")},
		"today's name":      {of("workflow.result", `<item name="b">1</item>`, "txtactivityresult", `<item name="c">1</item>`), of("a", "old", "b", "1")},
		"not the kernel's":  {of("workflow.result", `<item name="$taskid">200</item><item name=" $Creator" x="y">z</item>`), of("a", "old")},
		"but attachments":   {of("workflow.result", `<item name="$FILE">f</item><item name="$snapshot.history">3</item>`), of("a", "old", "$file", "f", "$snapshot.history", "3")},
		"a $ further on":    {of("workflow.result", `<item name="team$approvers">x</item>`), of("a", "old", "team$approvers", "x")},
		"of another plugin": {of("workflow.result", `<split name="s"/>`), of("a", "old")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := of("a", "old")
			s := &scope{}
			for range 2 { // the second time from what is kept
				require.NoError(t, plugin.Result{}.Run(t.Context(), step(s, of("a", "old"), c.event)))
			}
			require.NoError(t, plugin.Result{}.Run(t.Context(), step(s, items, c.event)))
			require.Equal(t, c.want, items)
		})
	}
}

// What is kept per model must not become a part of a workitem.
func TestResultsAreNotShared(t *testing.T) {
	t.Parallel()
	s, event := &scope{}, of("workflow.result", `<item name="a">1</item><item name="a">2</item>`)
	for range 2 {
		items := of()
		require.NoError(t, plugin.Result{}.Run(t.Context(), step(s, items, event)))
		require.Equal(t, of("a", "1", "a", "2"), items)
		items.Values("a")[0] = "changed"
		items.Append("a", "3")
	}
}

func TestResultFails(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`<item name="a">1`, `<item name="a"><itemvalue>b</item>`} {
		items := of("a", "old")
		s := &scope{}
		for range 2 {
			err := plugin.Result{}.Run(t.Context(), step(s, items, of("workflow.result", text)))
			fails(t, err, workflow.InvalidTagFormat, "item")
		}
		require.Equal(t, of("a", "old"), items)
	}
}
