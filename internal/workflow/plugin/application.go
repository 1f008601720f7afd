package plugin

import (
	"context"
	"slices"
	"strings"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/text"
)

// Application is org.imixs.workflow.engine.plugins.ApplicationPlugin: it writes
// how applications show the workitem, from the texts of the next task.
type Application struct{}

// Run implements [workflow.Plugin].
func (Application) Run(ctx context.Context, step *workflow.Step) error {
	shown := [...]struct{ from, to string }{
		{"txteditorid", "txtworkfloweditorid"},
		{"txtimageurl", "txtworkflowimageurl"},
		{"txtworkflowabstract", "$workflowabstract"},
		{"txtworkflowsummary", "$workflowsummary"},
	}
	var from [len(shown)]string
	for i, s := range shown {
		from[i] = s.from
	}
	if !slices.ContainsFunc(from[:], step.TasksHave) {
		return nil
	}
	task, err := step.NextTask(ctx)
	if err != nil {
		return err
	}
	if task == nil {
		return refuse(workflow.InvalidModelEntry, "there is no next task")
	}
	about := step.Text(step.Items)
	for _, s := range shown {
		shows, err := text.Adapt(ctx, task.Text(s.from), about)
		if err != nil {
			return invalid(s.from, err)
		}
		if strings.TrimSpace(shows) != "" {
			step.Items.Set(s.to, shows)
		}
	}
	return nil
}
