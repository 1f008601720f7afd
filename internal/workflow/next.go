package workflow

import (
	"context"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workitem"
)

// NextTask implements Scope. It goes the way of [run.chain] without processing.
func (s scope) NextTask(ctx context.Context) (workitem.Items, error) {
	probe := &run{kernel: s.kernel, options: s.options, items: s.items, model: s.model, shared: s.shared}
	visited := map[*bpmn.Event]bool{}
	for event := s.event; ; {
		if visited[event] {
			return nil, fault(ModelError, "loop detected at event %d (%s) of model %q", event.ID, event.ElementID, probe.model.Version)
		}
		visited[event] = true
		task, next, err := probe.look(ctx, event)
		if err != nil {
			return nil, err
		}
		if task != nil {
			return probe.model.tasks[task], nil
		}
		event = next
	}
}

// TasksHave implements Scope. An event that goes on in another model may come to
// any task.
func (s scope) TasksHave(item string) bool {
	return len(s.model.switches) > 0 || s.model.taskItems[item]
}

// look returns where an event leads.
func (r *run) look(ctx context.Context, event *bpmn.Event) (*bpmn.Task, *bpmn.Event, error) {
	if s := r.model.switches[event]; s != nil {
		r.items = r.items.Clone() // a switch writes
		next, err := r.switchModel(ctx, s)
		return nil, next, err
	}
	next, err := event.Next(r.evaluate)
	if err != nil {
		return nil, nil, navigationFault(event, err)
	}
	if next.Gateway != nil {
		if next, err = r.divide(event, next.Gateway, nil); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case next.Event == nil && next.Task == nil:
		return nil, nil, fault(InvalidModelEntry, "event %d (%s) leads to no task or event", event.ID, event.ElementID)
	case next.Event != nil && next.Event.Catching(), next.Task != nil && bpmn.IsTaskType(next.Task.Type):
		return next.Task, next.Event, nil
	}
	task, err := r.model.task(r.items.Int(workitem.TaskID)) // it stays, see follow
	return task, nil, err
}
