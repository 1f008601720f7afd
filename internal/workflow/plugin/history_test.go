package plugin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func entry(at time.Time, message, user string) any { return workitem.List{at, message, user} }

func TestHistory(t *testing.T) {
	t.Parallel()
	early, late := entry(noon.Add(-time.Hour), "first", "zoe"), entry(noon.Add(time.Hour), "of a fast clock", "zoe")
	added := entry(noon, "done x", "anna")
	for name, c := range map[string]struct {
		message string
		items   workitem.Items
		want    []any
	}{
		"no message":              {"", workitem.Items{}, nil},
		"the first entry":         {"done <itemvalue>a</itemvalue>", workitem.Items{}, []any{added}},
		"a further one":           {"done x", workitem.Items{"workflow.history": {early}}, []any{early, added}},
		"in the order of time":    {"done x", workitem.Items{"workflow.history": {late, early}}, []any{early, added, late}},
		"blank is a message":      {"  ", workitem.Items{}, []any{entry(noon, "  ", "anna")}},
		"under the earlier name":  {"done x", workitem.Items{"txtworkflowhistory": {early}}, []any{early, added}},
		"the name of today leads": {"done x", workitem.Items{"workflow.history": {early}, "txtworkflowhistory": {late}}, []any{early, added}},
		"what is no entry goes":   {"done x", workitem.Items{"txtworkflowhistory": {"text", early}}, []any{early, added}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.items.Set(workitem.LastEventDate, noon)
			c.items.Set("a", "x")
			before := c.items.Clone()
			require.NoError(t, plugin.History{}.Run(t.Context(), step(&scope{}, c.items, of("rtfresultlog", c.message))))
			if c.want == nil {
				require.Equal(t, before, c.items)
				return
			}
			require.Equal(t, c.want, c.items.Values("workflow.history"))
			require.Equal(t, c.want, c.items.Values("txtworkflowhistory"))
		})
	}
}

func TestHistoryReadsTheFirstForm(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	lines := []any{"05.03.2014, 14:07:09 : hello : there", "no date : x", "05.03.2014, 14:07:09", "04.07.2014, 09:00:00 : summer"}
	for name, c := range map[string]struct {
		zone *time.Location
		want []any
	}{
		"UTC": {nil, []any{
			entry(time.Date(2014, 3, 5, 14, 7, 9, 0, time.UTC), "hello : there", ""), entry(time.Date(2014, 7, 4, 9, 0, 0, 0, time.UTC), "summer", ""),
		}},
		"a zone": {berlin, []any{
			entry(time.Date(2014, 3, 5, 13, 7, 9, 0, time.UTC), "hello : there", ""), entry(time.Date(2014, 7, 4, 7, 0, 0, 0, time.UTC), "summer", ""),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := workitem.Items{"txtworkflowhistorylog": lines, "txtworkflowhistorylogrev": {"x"}, workitem.LastEventDate: {noon}}
			s := &scope{zone: c.zone}
			require.NoError(t, plugin.History{}.Run(t.Context(), step(s, items, of())))
			require.Equal(t, c.want, items.Values("workflow.history"))
			require.Equal(t, lines, items.Values("txtworkflowhistorylog"), "the originals stay")
			require.False(t, items.Has("txtworkflowhistorylogrev"))
			require.NoError(t, plugin.History{}.Run(t.Context(), step(s, items, of("rtfresultlog", "new"))))
			require.Equal(t, append(c.want, entry(noon, "new", "anna")), items.Values("workflow.history"), "converted once")
		})
	}
}

func TestHistoryFails(t *testing.T) {
	t.Parallel()
	err := plugin.History{}.Run(t.Context(), step(&scope{}, workitem.Items{workitem.LastEventDate: {noon}}, of("rtfresultlog", "<itemvalue>a")))
	fails(t, err, workflow.InvalidTagFormat, "rtfresultlog")
	err = plugin.History{}.Run(t.Context(), step(&scope{}, of(), of("rtfresultlog", "done")))
	fails(t, err, workflow.PluginError, "$lasteventdate")
}
