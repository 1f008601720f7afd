package bpmn

import (
	"slices"
	"strings"
)

// Model is a parsed BPMN file.
//
// It never changes after [Parse]; neither do the values it hands out, which
// callers must leave as they are.
type Model struct {
	// File is the name given to Parse, for messages.
	File string
	// Version is the model version ($modelversion), "" if the file has none.
	Version string
	// Plugins are the plugin class names in the order they run.
	Plugins []string
	// Items are the properties of the model as a whole.
	Items Items
	// ElementID and Line are those of the definitions; PluginsLine is the line
	// where the plugins are listed, 0 if they are not.
	ElementID         string
	Line, PluginsLine int
	// Processes are the processes of the file.
	Processes []*Process

	nodes    []*element
	tasks    []*Task
	events   []*Event
	flows    []*Flow
	byTask   map[int]*Task
	elements map[string]*element
	problems []Problem
}

// Process is one process of a model.
type Process struct {
	ElementID string
	// Name is the workflow group of the process's tasks.
	Name string
	// Type is Public, Private or None.
	Type string
	// Pool is the name of the participant that shows the process, "" if none.
	Pool string
	// Group says that a task can be reached from a start event, which makes
	// the process a workflow group.
	Group bool
	Tasks []*Task
	Line  int
}

// DataObject is a data object associated with a task or an event.
type DataObject struct{ Name, Documentation string }

// Task is a BPMN activity with imixs:processid.
type Task struct {
	// ID is the imixs:processid ($taskid), 0 if it is no number.
	ID            int
	ElementID     string
	Type          string // the BPMN element, such as "userTask"
	Name          string
	Documentation string
	Items         Items
	DataObjects   []DataObject
	Process       *Process
	// Boundary are all boundary events of the task.
	Boundary []BoundaryEvent
	// Events are the events that may be called on the task: those its flows
	// lead to, its initial events, and the target of its first boundary event.
	// Of several with one id only the first is here.
	Events []*Event
	Line   int

	rawID   string
	element *element
}

// Event is a BPMN event with imixs:activityid.
type Event struct {
	// ID is the imixs:activityid ($eventid), 0 if it is no number.
	ID            int
	ElementID     string
	Type          string // the BPMN element, such as "intermediateCatchEvent"
	Name          string
	Documentation string
	Items         Items
	DataObjects   []DataObject
	// Adapters are the names of the signals the event refers to: the class
	// names of its adapters.
	Adapters []string
	Process  *Process
	Line     int

	rawID   string
	element *element
}

// Catching says that the event can be processed: it is an
// intermediateCatchEvent.
func (e *Event) Catching() bool { return e.Type == "intermediateCatchEvent" }

// BoundaryEvent is a BPMN boundary event attached to a task.
type BoundaryEvent struct {
	ElementID string
	Name      string
	// Interrupting is false for cancelActivity="false", or "0".
	Interrupting bool
	// Target is the first event with imixs:activityid behind the boundary
	// event, nil if there is none; such a boundary event arms nothing.
	Target *Event
	// TargetEvent is Target's id, 0 without one.
	TargetEvent int
	// Timer is the wait before Target is processed.
	Timer Timer
	Line  int

	element *element
}

// Flow is a sequence flow.
type Flow struct {
	// Index is the flow's number in [Model.Flows].
	Index     int
	ElementID string
	// Condition is the text of the condition, "" if it is missing or blank.
	Condition string
	Line      int

	source, target *element
	to             *element // behind the link event, if target is one
	broken         error    // why there is no to
}

// Tasks returns the tasks of all processes.
func (m *Model) Tasks() []*Task { return m.tasks }

// Events returns the events of all processes.
func (m *Model) Events() []*Event { return m.events }

// Flows returns the sequence flows of all processes.
func (m *Model) Flows() []*Flow { return m.flows }

// Task returns the task with an id, nil if there is none. If several have it,
// the first one counts.
func (m *Model) Task(id int) *Task { return m.byTask[id] }

// TaskByElement returns the task with an XML id, nil if there is none.
func (m *Model) TaskByElement(id string) *Task {
	if e := m.elements[id]; e != nil {
		return e.task
	}
	return nil
}

// EventByElement returns the event with an XML id, nil if there is none.
func (m *Model) EventByElement(id string) *Event {
	if e := m.elements[id]; e != nil {
		return e.event
	}
	return nil
}

// Groups returns the workflow groups, sorted without regard to case.
func (m *Model) Groups() []string {
	var groups []string
	for _, p := range m.Processes {
		if p.Group && !slices.Contains(groups, p.Name) {
			groups = append(groups, p.Name)
		}
	}
	slices.SortStableFunc(groups, func(a, b string) int {
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	})
	return groups
}

// Event returns the event with an id that may be called on the task, nil if
// there is none.
func (t *Task) Event(id int) *Event {
	for _, e := range t.Events {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// BoundaryTarget returns the target event with an id of any boundary event of
// the task, nil if there is none. Targets of the second and later boundary
// events are not in Events: only their timer calls them.
func (t *Task) BoundaryTarget(id int) *Event {
	for _, b := range t.Boundary {
		if b.Target != nil && b.TargetEvent == id {
			return b.Target
		}
	}
	return nil
}
