package workflow_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// offers: task 100 leads to 50, behind which 51 follows, and through a gateway to
// 10, 20, 25, 30, 40, 60 and 75; 70 leads into it; its first boundary event has
// the target 80, its second 90. 30 and 40 are not public. 10, 20 and 75 name
// items with actors, 25 an item without a name.
func TestCallableEvents(t *testing.T) {
	t.Parallel()
	model := load(t, "other/offers")[0]
	for name, c := range map[string]struct {
		items workitem.Items
		names []string
		all   bool
		want  []int
	}{
		"nobody stands in the items":      {nil, []string{"anna"}, false, []int{10, 20, 25, 50, 60, 70, 75, 80}},
		"empty names are nobody":          {workitem.Items{"namteam": {""}, "namowner": {}}, []string{"anna"}, false, []int{10, 20, 25, 50, 60, 70, 75, 80}},
		"the caller stands in one of two": {workitem.Items{"namteam": {"bert"}, "namowner": {"eva", "anna"}}, []string{"anna"}, false, []int{20, 25, 50, 60, 70, 75, 80}},
		"another stands in them":          {workitem.Items{"namteam": {"bert"}}, []string{"anna"}, false, []int{25, 50, 60, 70, 75, 80}},
		"a role of the caller's does":     {workitem.Items{"namteam": {"bert", "support"}}, []string{"anna", "support"}, false, []int{10, 20, 25, 50, 60, 70, 75, 80}},
		"names are compared as they are":  {workitem.Items{"namteam": {"Anna"}}, []string{"anna"}, false, []int{25, 50, 60, 70, 75, 80}},
		"a value that is no text":         {workitem.Items{"namteam": {int64(7)}}, []string{"anna"}, false, []int{25, 50, 60, 70, 75, 80}},
		"an item of the kernel":           {workitem.Items{"$creator": {"bert"}}, []string{"anna"}, false, []int{10, 20, 25, 50, 60, 70, 80}},
		"a caller without names":          {workitem.Items{"namteam": {"", "bert"}}, nil, false, []int{25, 50, 60, 70, 75, 80}},
		"an empty name is no caller's":    {workitem.Items{"namteam": {"", "bert"}}, []string{""}, false, []int{25, 50, 60, 70, 75, 80}},
		"all, but not those not public":   {workitem.Items{"namteam": {"bert"}, "$creator": {"bert"}}, nil, true, []int{10, 20, 25, 50, 60, 70, 75, 80}},
		"a task without events":           {workitem.Items{workitem.TaskID: {int64(200)}}, nil, false, []int{}},
		"the task under its name of old":  {workitem.Items{workitem.TaskID: {int64(0)}, workitem.ProcessID: {int64(200)}}, nil, false, []int{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := at("offers-1.0", 100, 0)
			maps.Copy(items, c.items)
			before := items.Clone()
			events, err := model.Callable(items, c.names, c.all)
			require.NoError(t, err)
			got := []int{}
			for _, e := range events {
				got = append(got, e.ID)
			}
			require.Equal(t, c.want, got)
			require.Equal(t, before, items)
		})
	}
}

func TestACallableEventHasItsProperties(t *testing.T) {
	t.Parallel()
	events, err := load(t, "other/offers")[0].Callable(at("offers-1.0", 100, 0), nil, true)
	require.NoError(t, err)
	require.Equal(t, "Event 20", events[1].Name)
	require.Equal(t, []string{"namTeam", "namOwner"}, events[1].Actors)
	require.Equal(t, 20, events[1].Items.Int("eventid"))
	require.Equal(t, []string{"namTeam", "namOwner"}, texts(events[1].Items, "keyrestrictedvisibility"))
	require.Empty(t, events[3].Actors)
}

func TestCallableEventsOfAnUnknownTask(t *testing.T) {
	t.Parallel()
	_, err := load(t, "other/offers")[0].Callable(at("offers-1.0", 300, 0), nil, true)
	require.Equal(t, workflow.UndefinedModelEntry, workflow.ErrorCode(err))
}
