package plugin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

func TestRuleLeavesItems(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ result, want workitem.Items }{
		"none":             {nil, of("a", "old")},
		"an empty one":     {of(), of("a", "old")},
		"new and replaced": {workitem.Items{"a": {"new"}, "n": {int64(5)}, "list": {"x", true}, "none": {}}, workitem.Items{"a": {"new"}, "n": {int64(5)}, "list": {"x", true}, "none": {}}},
		"not the kernel's": {of("$creator", "z", "b", "1"), of("a", "old", "b", "1")},
		"valid":            {workitem.Items{"isvalid": {true}, "errorcode": {"E"}}, of("a", "old", "errorcode", "E")},
		"valid as a text":  {of("isvalid", "TRUE"), of("a", "old")},
		"no follow-up":     {of("followup", "20", "nextactivity", "30"), of("a", "old", "nextactivity", "30")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := of("a", "old")
			require.NoError(t, plugin.Rule{}.Run(t.Context(), step(&scope{result: c.result}, items, of("txtbusinessrule", "var result"))))
			require.Equal(t, c.want, items)
		})
	}
}

func TestRuleRefusesTheWorkitem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result workitem.Items
		code   workflow.Code
		params []string
	}{
		"without a code":      {workitem.Items{"isvalid": {false}, "x": {"1"}}, workflow.ValidationError, nil},
		"with one":            {of("isvalid", "false", "errorcode", "TOO_MUCH"), "TOO_MUCH", nil},
		"with messages":       {workitem.Items{"isvalid": {false}, "errorcode": {"E", "F"}, "errormessage": {"a", int64(3), 2.5}}, "E", []string{"a", "3", "2.5"}},
		"an empty code":       {of("isvalid", "false", "errorcode", ""), workflow.ValidationError, nil},
		"a number":            {workitem.Items{"isvalid": {int64(1)}}, workflow.ValidationError, nil},
		"an empty list":       {workitem.Items{"isvalid": {}}, workflow.ValidationError, nil},
		"the first one rules": {workitem.Items{"isvalid": {false, true}}, workflow.ValidationError, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := of("a", "old")
			err := plugin.Rule{}.Run(t.Context(), step(&scope{result: c.result}, items, of("txtbusinessrule", "var result")))
			var e *workflow.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.code, e.Code)
			require.Equal(t, c.params, e.Params)
			require.Equal(t, of("a", "old"), items)
		})
	}
}

func TestRuleRunsOnlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	ran := 0
	s := &scope{ruled: func(workitem.Items, workitem.Items) error { ran++; return nil }}
	for _, event := range []workitem.Items{of(), of("txtbusinessrule", ""), of("txtbusinessrule", " \n"), of("rule.definition", "var result={x:1}")} {
		st := step(s, of(), event)
		require.NoError(t, plugin.Rule{}.Run(t.Context(), st))
	}
	require.Zero(t, ran)
	for _, language := range []string{"", "js", "JavaScript", "nashorn", "graal.js"} {
		require.NoError(t, plugin.Rule{}.Run(t.Context(), step(s, of(), of("txtbusinessrule", "1", "txtbusinessruleengine", language))))
	}
	require.Equal(t, 5, ran)
	err := plugin.Rule{}.Run(t.Context(), step(s, of(), of("txtbusinessrule", "1", "txtbusinessruleengine", "python")))
	fails(t, err, workflow.InvalidScript, `"python"`)
	require.Equal(t, 5, ran)
}

// The event belongs to the model: what a rule writes into it is for this step.
func TestRuleChangesItsOwnEvent(t *testing.T) {
	t.Parallel()
	event := of("txtbusinessrule", "…", "list", "a")
	before := event.Clone()
	st := step(&scope{ruled: func(items, event workitem.Items) error {
		items.Set("seen", event.Values("list")...)
		event.Set("workflow.result", "new")
		event.Values("list")[0] = "changed"
		return nil
	}}, of(), event)
	require.NoError(t, plugin.Rule{}.Run(t.Context(), st))
	require.Equal(t, before, event)
	require.Equal(t, "new", st.Event.Text("workflow.result"))
	require.Equal(t, "changed", st.Event.Text("list"))
	require.Equal(t, "a", st.Items.Text("seen"))
}

func TestRuleFails(t *testing.T) {
	t.Parallel()
	st := step(&scope{ruled: func(workitem.Items, workitem.Items) error { return workflow.ErrTimeLimit }}, of(), of("txtbusinessrule", "…"))
	require.ErrorIs(t, plugin.Rule{}.Run(t.Context(), st), workflow.ErrTimeLimit)
}
