package workflow

import (
	"slices"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow/script"
)

// Model is a BPMN model made ready for processing: its conditions are
// compiled. It never changes and may be used by any number of goroutines;
// preparing is the expensive part, so keep it.
type Model struct {
	*bpmn.Model

	conditions []*script.Program // by the index of the flow, nil where there is none
	switches   map[*bpmn.Event]*modelSwitch
}

// Prepare compiles the conditions of a model. One that does not compile fails
// where it is evaluated, and is reported by [Model.Check].
func Prepare(m *bpmn.Model) *Model {
	p := &Model{Model: m, conditions: make([]*script.Program, len(m.Flows())), switches: map[*bpmn.Event]*modelSwitch{}}
	for _, f := range m.Flows() {
		if f.Condition != "" {
			p.conditions[f.Index] = script.Compile(f.Condition)
		}
	}
	for _, e := range m.Events() {
		if s := readSwitch(e); s != nil {
			p.switches[e] = s
		}
	}
	return p
}

// Check returns what is wrong with the model, its conditions included, in the
// order of the file.
func (m *Model) Check() []bpmn.Problem {
	problems := m.Model.Check()
	for _, f := range m.Flows() {
		if c := m.conditions[f.Index]; c != nil && c.Err() != nil {
			problems = append(problems, bpmn.Problem{
				Severity: bpmn.Error, File: m.File, Line: f.Line, Element: f.ElementID, Message: "condition: " + c.Err().Error(),
			})
		}
	}
	for _, e := range m.Events() {
		if s := m.switches[e]; s != nil && s.err != nil {
			problems = append(problems, bpmn.Problem{
				Severity: bpmn.Error, File: m.File, Line: e.Line, Element: e.ElementID, Message: s.err.Error(),
			})
		}
	}
	slices.SortStableFunc(problems, func(a, b bpmn.Problem) int { return a.Line - b.Line })
	return problems
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
