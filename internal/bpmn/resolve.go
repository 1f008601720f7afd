package bpmn

import "slices"

// resolve computes what follows from the whole graph.
func (p *parser) resolve() {
	for _, e := range p.elements {
		if e.kind == "boundaryEvent" {
			p.boundary(e)
		}
	}
	for _, e := range p.elements {
		if e.task != nil {
			e.task.Events = callable(e)
		}
		if e.kind == "startEvent" && !e.process.Group {
			e.process.Group = reaches(e, func(e *element) bool { return e.task != nil })
		}
	}
}

// boundary hangs a boundary event on its task.
func (p *parser) boundary(e *element) {
	host := p.model.elements[e.xml.attrs["attachedToRef"]]
	if host == nil || host.task == nil || host.process != e.process {
		p.problem(Warning, e.line, e.id, "the boundary event is not attached to a task with an id")
		return
	}
	b := BoundaryEvent{
		ElementID: e.id, Name: e.name, Line: e.line,
		Interrupting: e.xml.attrs["cancelActivity"] != "false",
		Timer:        readTimer(e.xml.child("timerEventDefinition")),
	}
	if targets := behind(e, isImixsEvent); len(targets) > 0 {
		b.Target = targets[0].event
		b.TargetEvent = b.Target.ID
	}
	host.task.Boundary = append(host.task.Boundary, b)
}

func readTimer(n *node) Timer {
	if n == nil {
		return Timer{}
	}
	for _, name := range []string{"timeDate", "timeCycle"} {
		if c := n.child(name); c != nil {
			return Timer{Text: string(c.text), Err: &timerKindError{name}}
		}
	}
	return ParseTimer(n.childText("timeDuration"))
}

type timerKindError struct{ kind string }

func (e *timerKindError) Error() string {
	return "a timer with " + e.kind + " " + ErrNotSupported.Error()
}
func (e *timerKindError) Unwrap() error { return ErrNotSupported }

// callable returns the events that may be called on a task: what its flows
// lead to, its initial events, the target of its first boundary event.
func callable(e *element) []*Event {
	var events []*Event
	add := func(v *Event) {
		known := func(o *Event) bool { return o.ID == v.ID }
		if v.ID != 0 && !slices.ContainsFunc(events, known) {
			events = append(events, v)
		}
	}
	for _, v := range behind(e, isImixsEvent) {
		add(v.event)
	}
	for _, v := range initial(e) {
		add(v)
	}
	if b := e.task.Boundary; len(b) > 0 && b[0].Target != nil {
		add(b[0].Target)
	}
	return events
}

func isImixsEvent(e *element) bool { return e.event != nil }

// behind returns the accepted elements behind an element, each once. It
// follows every flow, and does not mind cycles.
func behind(from *element, accept func(*element) bool) []*element {
	var found []*element
	seen := map[*element]bool{}
	todo := [][]*Flow{from.out}
	for len(todo) > 0 {
		last := len(todo) - 1
		if len(todo[last]) == 0 {
			todo = todo[:last]
			continue
		}
		to := todo[last][0].to
		todo[last] = todo[last][1:]
		if to == nil || seen[to] {
			continue
		}
		seen[to] = true
		if accept(to) {
			found = append(found, to)
			continue
		}
		todo = append(todo, to.out)
	}
	return found
}

func reaches(from *element, accept func(*element) bool) bool {
	return len(behind(from, accept)) > 0
}

// initial returns the events that lead into a task from nowhere, or from a
// start event alone. Of a chain of events in front of a task only the first is
// initial; the others follow it.
func initial(task *element) []*Event {
	var events []*Event
	seen := map[*element]bool{}
	todo := [][]*Flow{task.in}
	for len(todo) > 0 {
		last := len(todo) - 1
		if len(todo[last]) == 0 {
			todo = todo[:last]
			continue
		}
		source := todo[last][0].source
		todo[last] = todo[last][1:]
		if source.event == nil || source.gateway() || seen[source] {
			continue
		}
		seen[source] = true
		if len(source.in) == 0 || (len(source.in) == 1 && source.in[0].source.kind == "startEvent") {
			events = append(events, source.event)
			continue
		}
		todo = append(todo, source.in)
	}
	return events
}
