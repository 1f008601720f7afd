package bpmn

import "slices"

func checkTasks(c *checker) {
	entries := c.entries()
	for _, t := range c.model.tasks {
		i := t.element.index
		if c.graph.reached[i] && !IsTaskType(t.Type) {
			c.report(TaskKindUnsupported, t.Line, t.label(), "no workitem can rest on a %s; one that comes here stays where it was", t.Type)
		}
		if !c.graph.reached[i] && !entries[t] && t.ID > 0 && !c.search.exhausted() {
			c.report(TaskUnreachable, t.Line, t.label(), "no event leads to task %d, and no process starts here", t.ID)
		}
		if t.ID > 0 && c.exitMissing(t) {
			c.report(TaskWithoutExit, t.Line, t.label(), "all events of task %d lead back to it, and no flow leads from it to an end event; no workitem ever leaves it", t.ID)
		}
		if t.ID > 0 && c.stuck(t) {
			c.report(TaskStuck, t.Line, t.label(), "no event can be called on task %d, although the process goes on behind it", t.ID)
		}
	}
}

// entries returns the tasks where workitems are created: those that a start
// event leads to, those with an initial event, and without a start event those
// that nothing leads to.
func (c *checker) entries() map[*Task]bool {
	entries, started := map[*Task]bool{}, map[*Process]bool{}
	for _, e := range c.model.nodes {
		if e.kind != "startEvent" {
			continue
		}
		for _, found := range c.search.behind(e, func(e *element) bool { return e.task != nil || e.event != nil }) {
			started[e.process] = true
			if found.task != nil {
				entries[found.task] = true
			}
		}
	}
	for _, t := range c.model.tasks {
		if (len(t.element.in) == 0 && !started[t.Process]) || len(c.search.initial(t.element)) > 0 {
			entries[t] = true
		}
	}
	return entries
}

// stuck says whether a task leads on to another one, but there is no event to
// get there.
func (c *checker) stuck(t *Task) bool {
	if len(t.Events) > 0 || len(c.search.behind(t.element, isImixsEvent)) > 0 {
		return false
	}
	for _, b := range t.Boundary {
		if b.Target != nil {
			return false
		}
	}
	return len(c.search.behind(t.element, isImixsTask)) > 0
}

// exitMissing says whether a task has events, but none that leads anywhere else.
// A task with a flow to an end event is meant to be the last one, and so is the
// only task of a process. What leads nowhere at all is another fault.
func (c *checker) exitMissing(t *Task) bool {
	events, last := c.wayOut(t)
	if len(events) == 0 || last || len(t.Process.Tasks) == 1 {
		return false
	}
	ends := c.search.behindAll(events, func(e *element) bool { return e.task != nil || e.kind == "endEvent" || c.departs(e) })
	return len(ends) == 1 && ends[0] == t.element && !slices.ContainsFunc(events, c.departs) && !c.search.exhausted()
}

// wayOut returns the events that the flows and boundary events of a task lead to,
// and whether a flow leads straight to an end.
func (c *checker) wayOut(t *Task) (events []*element, last bool) {
	for _, e := range c.search.behind(t.element, func(e *element) bool { return e.event != nil || e.kind == "endEvent" }) {
		if e.event == nil {
			last = true
			continue
		}
		events = append(events, e)
	}
	for _, b := range t.Boundary {
		if b.Target != nil {
			events = append(events, b.Target.element)
		}
	}
	return events, last
}

// departs says whether an element is an event that goes on in another model.
func (c *checker) departs(e *element) bool { return e.event != nil && c.leaves(e.event) }

// label names the task in messages.
func (t *Task) label() string { return t.element.label() }
