package plugin

import (
	"context"
	"slices"
	"strconv"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

const (
	workitemRef        = "$workitemref"
	uniqueIDRef        = "$uniqueidref"
	earlierWorkitemRef = "txtworkitemref"
	action             = "action"
)

// SplitAndJoin is org.imixs.workflow.engine.plugins.SplitAndJoinPlugin: it
// creates and processes other workitems from the <split> tags of the event.
type SplitAndJoin struct{}

// Run implements [workflow.Plugin].
func (SplitAndJoin) Run(ctx context.Context, step *workflow.Step) error {
	s, err := readSplits(ctx, step, resultText(step.Event))
	if err != nil || s.none {
		return err
	}
	if err := create(ctx, step, s.create); err != nil {
		return err
	}
	if err := update(ctx, step, s.update); err != nil {
		return err
	}
	if err := updateOrigin(ctx, step, s.updateOrigin); err != nil {
		return err
	}
	return synchronize(ctx, step, s.synchronize)
}

// create makes a workitem for each definition and processes its first event.
func create(ctx context.Context, step *workflow.Step, definitions []workitem.Items) error {
	for _, d := range definitions {
		sub := workitem.Items{}
		if err := transfer(step, d.Text("items"), step.Items, sub); err != nil {
			return err
		}
		version := d.Text("modelversion")
		if version == "" {
			version = step.Items.Text(workitem.ModelVersion)
		}
		task, err := number(d, "task", "processid")
		if err != nil {
			return err
		}
		event, err := number(d, "event", "activityid")
		if err != nil {
			return err
		}
		sub.Set(workitem.ModelVersion, version)
		sub.Set(workitem.TaskID, task)
		sub.Set(workitem.EventID, event)
		sub.Set(workitemRef, step.Items.Text(workitem.UniqueID))
		if sub, err = step.Process(ctx, sub); err != nil {
			return err
		}
		if err := act(ctx, step, d, sub); err != nil {
			return err
		}
	}
	return nil
}

// update processes the workitems that this one refers to.
func update(ctx context.Context, step *workflow.Step, definitions []workitem.Items) error {
	for _, d := range definitions {
		if err := updateReferenced(ctx, step, d, d.Text("modelversion")); err != nil {
			return err
		}
	}
	return nil
}

// updateOrigin is the same from the other side. As in Imixs, only the first
// definition counts, and it is about the own model unless it names another.
func updateOrigin(ctx context.Context, step *workflow.Step, definitions []workitem.Items) error {
	if len(definitions) == 0 {
		return nil
	}
	version := definitions[0].Text("modelversion")
	if version == "" {
		version = step.Items.Text(workitem.ModelVersion)
	}
	return updateReferenced(ctx, step, definitions[0], version)
}

// updateReferenced processes an event on each workitem referred to whose model
// version and task the definition's expressions are found in.
func updateReferenced(ctx context.Context, step *workflow.Step, d workitem.Items, version string) error {
	versions, err := compile(step, version)
	if err != nil {
		return err
	}
	tasks, err := compile(step, either(d, "task", "processid"))
	if err != nil {
		return err
	}
	event, err := number(d, "event", "activityid")
	if err != nil {
		return err
	}
	for _, id := range references(step.Items) {
		other, err := step.Workitem(ctx, id)
		if err != nil {
			return err
		}
		if other == nil {
			continue
		}
		if versions.MatchString(other.Text(workitem.ModelVersion)) && tasks.MatchString(other.Text(workitem.TaskID)) {
			if err := transfer(step, d.Text("items"), step.Items, other); err != nil {
				return err
			}
			other.Set(workitem.EventID, event)
			if other, err = step.Process(ctx, other); err != nil {
				return err
			}
		}
		if err := act(ctx, step, d, other); err != nil {
			return err
		}
	}
	return nil
}

// synchronize takes items over from the first workitem referred to.
func synchronize(ctx context.Context, step *workflow.Step, definitions []workitem.Items) error {
	if len(definitions) == 0 {
		return nil
	}
	ids := references(step.Items)
	if len(ids) == 0 {
		return nil
	}
	origin, err := step.Workitem(ctx, ids[0])
	if err != nil || origin == nil {
		return err
	}
	for _, d := range definitions {
		if err := transfer(step, d.Text("items"), origin, step.Items); err != nil {
			return err
		}
	}
	return nil
}

// references returns the ids of the workitems that one refers to. Those that
// stand in $uniqueidref become part of $workitemref, as in Imixs.
func references(items workitem.Items) []string {
	for _, v := range items.Values(uniqueIDRef) {
		if id := workitem.FormatValue(v); id != "" && !slices.Contains(items.Values(workitemRef), v) {
			items.Append(workitemRef, id)
		}
	}
	name := workitemRef
	if items.Empty(name) {
		name = earlierWorkitemRef
	}
	var ids []string
	for _, v := range items.Values(name) {
		if id := workitem.FormatValue(v); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// act writes the action of a definition, a text about the other workitem, into
// this one.
func act(ctx context.Context, step *workflow.Step, d, other workitem.Items) error {
	template := d.Text(action)
	if template == "" {
		return nil
	}
	value, err := text.Adapt(ctx, template, step.Text(other))
	if err != nil {
		return invalid("<"+action+">", err)
	}
	step.Items.Set(action, value)
	return nil
}

func either(d workitem.Items, name, earlier string) string {
	if s := d.Text(name); s != "" {
		return s
	}
	return d.Text(earlier)
}

// number returns an id of a definition.
func number(d workitem.Items, name, earlier string) (int, error) {
	s := either(d, name, earlier)
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return 0, refuse(workflow.InvalidTagFormat, "<%s>: %q is not a number", name, s)
	}
	return int(n), nil
}
