package workflow

import (
	"slices"
	"strings"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow/script"
	"github.com/postlude/postlude/internal/workitem"
)

// Model is a BPMN model made ready for processing: its conditions are
// compiled. It never changes and may be used by any number of goroutines;
// preparing is the expensive part, so keep it.
type Model struct {
	*bpmn.Model

	conditions []*script.Program // by the index of the flow, nil where there is none
	switches   map[*bpmn.Event]*modelSwitch
	events     map[*bpmn.Event]workitem.Items // what plugins see of an event
	tasks      map[*bpmn.Task]workitem.Items
	taskItems  map[string]bool            // names of items that a task has, see Scope.TasksHave
	rules      map[string]*script.Program // by their source
	kept       keep
}

// Prepare compiles the conditions of a model. One that does not compile fails
// where it is evaluated, and is reported by [Model.Check].
func Prepare(m *bpmn.Model) *Model {
	p := &Model{
		Model: m, conditions: make([]*script.Program, len(m.Flows())), switches: map[*bpmn.Event]*modelSwitch{},
		events: map[*bpmn.Event]workitem.Items{}, tasks: map[*bpmn.Task]workitem.Items{}, taskItems: map[string]bool{},
		rules: map[string]*script.Program{},
	}
	for _, f := range m.Flows() {
		if f.Condition != "" {
			p.conditions[f.Index] = script.Compile(f.Condition)
		}
	}
	for _, e := range m.Events() {
		if s := readSwitch(e, e.Items.Text("workflow.result")); s != nil {
			p.switches[e] = s
		}
		p.events[e] = eventEntity(e)
		if rule := e.Items.Text("rule.definition"); rule != "" {
			p.rules[rule] = script.Compile(rule)
		}
	}
	for _, t := range m.Tasks() {
		p.tasks[t] = taskEntity(t)
		for name, values := range t.Items {
			if slices.ContainsFunc(values, func(v string) bool { return v != "" && !strings.EqualFold(v, "false") }) {
				p.taskItems[name] = true
			}
		}
	}
	return p
}

// program returns a rule, compiled once unless a plugin has made it up.
func (m *Model) program(source string) *script.Program {
	if p, ok := m.rules[source]; ok {
		return p
	}
	return script.Compile(source)
}

// task returns the task that has an id, or the error for it.
func (m *Model) task(id int) (*bpmn.Task, error) {
	if t := m.Task(id); t != nil {
		return t, nil
	}
	return nil, fault(UndefinedModelEntry, "task %d is not defined in model %q", id, m.Version)
}

// event returns the event that may be called on a task, or the error for it.
func (m *Model) event(task, event int, async bool) (*bpmn.Event, error) {
	t, err := m.task(task)
	if err != nil {
		return nil, err
	}
	e := t.Event(event)
	if e == nil && async {
		e = t.BoundaryTarget(event)
	}
	if e == nil {
		return nil, fault(UndefinedModelEntry, "%d.%d is not callable in model %q", task, event, m.Version)
	}
	return e, nil
}
