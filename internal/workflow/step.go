package workflow

import (
	"context"
	"fmt"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

// Step is one event being processed: what plugins and adapters see.
type Step struct {
	// Items are those of the workitem. Changes to them stay.
	Items workitem.Items
	// Event are the properties of the event. They belong to the model: who wants
	// to change them puts a copy here, and the plugins behind see that.
	Event workitem.Items
	// Element is the event in the model.
	Element *bpmn.Event
	// Editor is who processes, "" if nobody said.
	Editor string
	Scope
}

// Scope is what a step can reach beyond its own workitem.
type Scope interface {
	// NextTask returns the properties of the task that the workitem would come
	// to rest on if it moved on now: conditions are evaluated, but no plugin and
	// no adapter runs. They must not be changed.
	NextTask(ctx context.Context) (workitem.Items, error)
	// TasksHave reports whether an item of a task that the workitem may come to
	// rest on has a value that is neither "" nor false. It costs nothing: whoever
	// looks for that item need not ask NextTask otherwise.
	TasksHave(item string) bool
	// Workitem returns a copy of another workitem, as this processing has left
	// it; nil if there is none.
	Workitem(ctx context.Context, id string) (workitem.Items, error)
	// Process processes the event $eventid on another workitem, which is created
	// if it is not stored, and returns a copy of what became of it. It takes
	// effect together with the step, or not at all.
	Process(ctx context.Context, items workitem.Items) (workitem.Items, error)
	// Create writes an entry to the event log, together with the step.
	Create(Entry)
	// Rule runs a business rule, which may change items and event. It returns
	// the members of its result, false if it leaves none.
	Rule(source string, items, event workitem.Items) (workitem.Items, bool, error)
	// Keep returns what create makes for a key, which must be comparable and have
	// a type of the plugin's own. It is made once per model, not once per event:
	// for what takes long to parse. It must not be changed, and create must
	// depend on nothing but the key.
	Keep(key any, create func() any) any
	// Text returns what texts about a workitem may refer to.
	Text(items workitem.Items) *text.Scope
}

// scope implements Scope for one event of a run.
type scope struct {
	*run
	event *bpmn.Event
}

func (r *run) step(event *bpmn.Event) *Step {
	return &Step{
		Items: r.items, Event: r.model.events[event], Element: event,
		Editor: r.options.Editor, Scope: scope{run: r, event: event},
	}
}

// Create implements Scope.
func (s scope) Create(e Entry) { s.shared.entries = append(s.shared.entries, e) }

// Rule implements Scope.
func (s scope) Rule(source string, items, event workitem.Items) (workitem.Items, bool, error) {
	result, ok, err := s.kernel.engine().Rule(s.model.program(source), items, event, s.scriptLimit())
	if err != nil && !Elsewhere(err) {
		err = &Error{Code: InvalidScript, Message: fmt.Sprintf("business rule of event %d (%s)", s.event.ID, s.event.ElementID), Err: err}
	}
	return result, ok, err
}

// Text implements Scope.
func (s scope) Text(items workitem.Items) *text.Scope {
	return &text.Scope{
		Items: items, Locale: s.kernel.Locale, Zone: s.kernel.Zone, Property: s.kernel.Property, Workitem: s.Workitem,
	}
}

// Keep implements Scope.
func (s scope) Keep(key any, create func() any) any { return s.model.kept.get(key, create) }
