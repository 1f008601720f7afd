package bpmn

func checkTasks(c *checker) {
	entries := c.entries()
	for _, t := range c.model.tasks {
		i := t.element.index
		if c.graph.reached[i] && !IsTaskType(t.Type) {
			c.report(TaskKindUnsupported, t.Line, t.label(), "no workitem can rest on a %s; one that comes here stays where it was", t.Type)
		}
		if !c.graph.reached[i] && !entries[t] && t.ID > 0 {
			c.report(TaskUnreachable, t.Line, t.label(), "no event leads to task %d, and no process starts here", t.ID)
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

// label names the task in messages.
func (t *Task) label() string { return t.element.label() }
