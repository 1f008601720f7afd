package workflow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workitem"
)

// Items that exist while an event is processed.
const (
	intermediateEvent        = "$intermediateevent"
	intermediateEventElement = "$intermediateevent.elementid"
	isVersion                = "$isversion"
	createdVersion           = "$created.version"
)

// run is one workitem on its way from an event to a task.
type run struct {
	kernel  *Kernel
	options Options
	// id and transactionID are $uniqueid and $transactionid, which must not
	// change on the way.
	id, transactionID string
	items             workitem.Items
	model             *Model
	splits            []*run
	visited           map[*bpmn.Event]bool
	shared            *shared
}

// process processes the event that the workitem names, and all that follow it.
func (r *run) process(ctx context.Context) error {
	task, event := r.items.Task(), r.items.Event()
	if task <= 0 {
		return fault(UndefinedProcessID, "$taskid is %d", task)
	}
	if event <= 0 {
		return fault(UndefinedActivityID, "$eventid is %d", event)
	}
	id, err := idOf(r.items)
	if err != nil {
		return err
	}
	r.kernel.begin(r.items, id, task, event, r.options)
	r.id, r.transactionID = r.items.Text(workitem.UniqueID), r.items.Text(workitem.TransactionID)
	r.shared.enter(r)
	defer r.shared.leave()
	if err := r.findModel(ctx); err != nil {
		return err
	}
	first, err := r.model.event(task, event, r.options.Async)
	if err != nil {
		return err
	}
	return r.chain(ctx, first)
}

// findModel resolves the model that the workitem names, and writes back which
// one it is.
func (r *run) findModel(ctx context.Context) error {
	version := r.items.Text(workitem.ModelVersion)
	model, err := r.kernel.Models.Model(ctx, version, r.items.Text(workitem.WorkflowGroup))
	if err != nil {
		return err
	}
	r.model = model
	if model.Version != version {
		r.items.Set(workitem.ModelVersion, model.Version)
	}
	return nil
}

// chain processes an event and those that follow it.
func (r *run) chain(ctx context.Context, event *bpmn.Event) error {
	r.visited = map[*bpmn.Event]bool{}
	for event != nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.visited[event] {
			return fault(ModelError, "loop detected at event %d (%s) of model %q", event.ID, event.ElementID, r.model.Version)
		}
		r.visited[event] = true
		next, err := r.event(ctx, event)
		if err != nil {
			return err
		}
		if event, err = r.followVersion(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

// followVersion goes on in another model if a plugin has written another
// $modelversion: with the event of the same element there, if one follows.
func (r *run) followVersion(ctx context.Context, next *bpmn.Event) (*bpmn.Event, error) {
	if r.items.Text(workitem.ModelVersion) == r.model.Version {
		return next, nil
	}
	if err := r.findModel(ctx); err != nil {
		return nil, err
	}
	if next == nil {
		_, err := r.model.task(r.items.Int(workitem.TaskID))
		return nil, err
	}
	event := r.model.EventByElement(next.ElementID)
	if event == nil {
		return nil, fault(UndefinedModelEntry, "event %d (%s) is not defined in model %q", next.ID, next.ElementID, r.model.Version)
	}
	return event, nil
}

// event processes one event. It returns the event that follows, nil if the
// workitem has come to rest.
func (r *run) event(ctx context.Context, event *bpmn.Event) (*bpmn.Event, error) {
	if !event.Catching() {
		return nil, fault(InvalidModel, "event %d (%s) is not an intermediateCatchEvent", event.ID, event.ElementID)
	}
	r.items.Set(intermediateEvent, event.ID)
	r.items.Set(intermediateEventElement, event.ElementID)
	r.items.Set(workitem.LastEventDate, r.kernel.now())
	properties, err := r.extend(ctx, event)
	if err != nil {
		return nil, err
	}
	if s := r.switchOf(event, properties); s != nil {
		return r.switchModel(ctx, s)
	}
	next, err := event.Next(r.evaluate)
	if err != nil {
		return nil, navigationFault(event, err)
	}
	if next.Gateway != nil {
		if next, err = r.split(ctx, event, next.Gateway); err != nil {
			return nil, err
		}
	}
	return r.follow(event, next)
}

// follow moves the workitem on to what the event leads to.
func (r *run) follow(event *bpmn.Event, next bpmn.Next) (*bpmn.Event, error) {
	task := r.items.Int(workitem.TaskID)
	switch {
	case next.Event != nil && next.Event.Catching():
		r.log(task, event.ID, task)
		r.items.Set(workitem.EventID, next.Event.ID)
		return next.Event, nil
	case next.Task != nil && bpmn.IsTaskType(next.Task.Type):
		r.log(task, event.ID, next.Task.ID)
		r.rest(next.Task)
		r.items.Set(workitem.EventID, 0)
		return nil, nil
	case next.Event != nil || next.Task != nil:
		return nil, nil // as in Imixs: the workitem stays where it is
	}
	return nil, fault(InvalidModelEntry, "event %d (%s) leads to no task or event", event.ID, event.ElementID)
}

// rest lets the workitem come to rest on a task.
func (r *run) rest(task *bpmn.Task) {
	group := task.Process.Name
	if old := r.model.Task(r.items.Int(workitem.TaskID)); old != nil {
		group = old.Process.Name
	}
	r.items.Remove(intermediateEvent)
	r.items.Remove(intermediateEventElement)
	setTask(r.items, task.ID)
	r.items.Set(workitem.WorkflowStatus, task.Name)
	r.items.Set(workitem.WorkflowGroup, group)
	r.items.Set("txtworkflowstatus", task.Name)
	r.items.Set("txtworkflowgroup", group)
	if t := task.Items.Text("application.type"); t != "" {
		r.items.Set(workitem.Type, t)
	}
}

// evaluate runs the condition of a flow on the workitem.
func (r *run) evaluate(f *bpmn.Flow) (bool, error) {
	holds, err := r.kernel.engine().Holds(r.model.conditions[f.Index], r.items, r.scriptLimit())
	if err != nil {
		return false, &Error{Code: InvalidScript, Message: fmt.Sprintf("condition of sequence flow %s (line %d)", f.ElementID, f.Line), Err: err}
	}
	return holds, nil
}

func (r *run) scriptLimit() time.Duration {
	if r.options.ScriptLimit <= 0 {
		return defaultScriptLimit
	}
	return r.options.ScriptLimit
}

// navigationFault gives an error of the model a code; that of a condition has
// one.
func navigationFault(event *bpmn.Event, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Code: InvalidModel, Message: fmt.Sprintf("behind event %d (%s)", event.ID, event.ElementID), Err: err}
}

func (r *run) reached() Reached {
	return Reached{Items: r.items, Model: r.model, Task: r.model.Task(r.items.Int(workitem.TaskID))}
}
