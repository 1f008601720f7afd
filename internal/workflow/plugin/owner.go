package plugin

import (
	"context"

	"github.com/postlude/postlude/internal/workflow"
)

// Owner is org.imixs.workflow.engine.plugins.OwnerPlugin: it writes who owns the
// workitem, where the event or the next task says so.
type Owner struct{}

// Run implements [workflow.Plugin].
func (Owner) Run(ctx context.Context, step *workflow.Step) error {
	entity, err := listing(ctx, step)
	if err != nil || entity == nil {
		return err
	}
	owners, err := names(ctx, step, entity, "namownershipnames", "keyownershipfields")
	if err != nil {
		return err
	}
	step.Items.Set("$owner", owners...)
	step.Items.Set("namowner", owners...)
	return nil
}
