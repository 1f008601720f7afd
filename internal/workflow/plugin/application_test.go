package plugin_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

func TestApplication(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		task, want workitem.Items
		asked      int
	}{
		"nothing to show": {of("name", "Review"), of("name", "Anna", "$workflowsummary", "old"), 0},
		"all four": {
			of("txteditorid", "form_<itemvalue>name</itemvalue>", "txtimageurl", "i", "txtworkflowabstract", "<b>x</b>\n ", "txtworkflowsummary", "S"),
			of("name", "Anna", "txtworkfloweditorid", "form_Anna", "txtworkflowimageurl", "i", "$workflowabstract", "<b>x</b>\n ", "$workflowsummary", "S"), 1,
		},
		"blank keeps the old one":            {of("txtworkflowsummary", "  "), of("name", "Anna", "$workflowsummary", "old"), 1},
		"so does what comes out as nothing":  {of("txtworkflowsummary", "<itemvalue>nope</itemvalue>"), of("name", "Anna", "$workflowsummary", "old"), 1},
		"status and type are not its matter": {of("txttype", "x", "txtimageurl", "i"), of("name", "Anna", "$workflowsummary", "old", "txtworkflowimageurl", "i"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := of("name", "Anna", "$workflowsummary", "old")
			s := &scope{task: c.task}
			require.NoError(t, plugin.Application{}.Run(t.Context(), step(s, items, of())))
			require.Equal(t, c.want, items)
			require.Equal(t, c.asked, s.asked)
		})
	}
}

// nowhere is a scope whose tasks show something, but there is no next one.
type nowhere struct{ *scope }

func (nowhere) TasksHave(string) bool { return true }

func TestApplicationFails(t *testing.T) {
	t.Parallel()
	err := plugin.Application{}.Run(t.Context(), step(&scope{task: of("txtworkflowsummary", "<itemvalue>name")}, of(), of()))
	fails(t, err, workflow.InvalidTagFormat, "txtworkflowsummary")
	st := step(nil, of(), of())
	st.Scope = nowhere{&scope{}}
	fails(t, plugin.Application{}.Run(t.Context(), st), workflow.InvalidModelEntry, "no next task")
	broken := errors.New("no way out")
	err = plugin.Application{}.Run(t.Context(), step(&scope{task: of("txtimageurl", "i"), failing: broken}, of(), of()))
	require.ErrorIs(t, err, broken)
}
