package bpmn

import "strings"

// resolve computes what follows from the whole graph.
func (p *parser) resolve() {
	p.search = newSearch(len(p.elements), maxSteps)
	for _, e := range p.elements {
		if e.kind == "boundaryEvent" {
			p.boundary(e)
		}
	}
	for _, e := range p.elements {
		if e.task != nil {
			e.task.Events = p.search.callable(e)
		}
		if e.kind == "startEvent" && !e.process.Group {
			e.process.Group = len(p.search.behind(e, isImixsTask)) > 0
		}
	}
	if p.search.exhausted() {
		p.refuse(ModelLimit, p.root, "the flows of the model are too entangled to follow them all")
	}
}

// boundary hangs a boundary event on its task.
func (p *parser) boundary(e *element) {
	host := p.model.elements[e.xml.attr("attachedToRef")]
	switch {
	case host == nil || host.process != e.process:
		p.problem(BoundaryNotAttached, e.line, e.id, "the boundary event is attached to %q, which is no element of its process", e.xml.attr("attachedToRef"))
		return
	case host.task == nil:
		p.problem(BoundaryWithoutEffect, e.line, e.id, "the boundary event is attached to %q, which is no task with an id; it will never fire", host.id)
		return
	}
	b := BoundaryEvent{
		ElementID: e.id, Name: e.name, Line: e.line, element: e,
		Interrupting: p.interrupting(e),
		Timer:        readTimer(e.xml),
	}
	if targets := p.search.behind(e, isImixsEvent); len(targets) > 0 {
		b.Target = targets[0].event
		b.TargetEvent = b.Target.ID
	}
	host.task.Boundary = append(host.task.Boundary, b)
}

// interrupting reads cancelActivity, a boolean of XML Schema.
func (p *parser) interrupting(e *element) bool {
	value, ok := e.xml.lookup("cancelActivity")
	if !ok {
		return true
	}
	switch strings.Trim(value, " \t\r\n") {
	case "true", "1":
	case "false", "0":
		return false
	default:
		p.problem(BoundaryCancelInvalid, e.line, e.label(), "cancelActivity is %.200q, which is neither true nor false", value)
	}
	return true
}
