package plugin

import (
	"context"
	"slices"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

const participants = "$participants"

// Access is Imixs' generic adapter for access lists: it adds who processes to
// the participants, and writes who may read and write the workitem, where the
// event or the next task says so.
type Access struct{}

// Run implements [workflow.Plugin].
func (Access) Run(ctx context.Context, step *workflow.Step) error {
	entity, err := listing(ctx, step)
	if err != nil {
		return err
	}
	if step.Editor != "" && !slices.Contains(step.Items.Values(participants), any(step.Editor)) {
		step.Items.Append(participants, step.Editor)
	}
	if entity == nil {
		return nil
	}
	// Both lists begin empty: a mapping must not carry the old names over.
	step.Items.Remove(workitem.ReadAccess)
	step.Items.Remove(workitem.WriteAccess)
	readers, err := names(ctx, step, entity, "namaddreadaccess", "keyaddreadfields")
	if err != nil {
		return err
	}
	step.Items.Set(workitem.ReadAccess, readers...)
	writers, err := names(ctx, step, entity, "namaddwriteaccess", "keyaddwritefields")
	if err != nil {
		return err
	}
	step.Items.Set(workitem.WriteAccess, writers...)
	return nil
}

// NoAccess is org.imixs.workflow.engine.plugins.AccessPlugin, which old models
// name. It does nothing, as in Imixs: [Access] has taken its place.
type NoAccess struct{}

// Run implements [workflow.Plugin].
func (NoAccess) Run(context.Context, *workflow.Step) error { return nil }
