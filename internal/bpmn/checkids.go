package bpmn

func checkProcesses(c *checker) {
	if c.model.Version == "" {
		c.report(VersionMissing, c.model.Line, c.model.ElementID, "the model has no version (item txtworkflowmodelversion)")
	}
	for _, p := range c.model.Processes {
		if p.Name == "" && len(p.Tasks) > 0 {
			c.report(ProcessNameMissing, p.Line, p.ElementID, "the process has no name; the workflow group of its workitems will be empty")
		}
	}
}

func checkTaskIDs(c *checker) {
	for _, t := range c.model.tasks {
		switch first := c.model.byTask[t.ID]; {
		case t.ID <= 0:
			c.report(TaskIDInvalid, t.Line, t.ElementID, "the task id %q is not a positive number", t.rawID)
		case first != t:
			c.report(TaskIDDuplicate, t.Line, t.ElementID, "the task id %d is also the id of %q (line %d)", t.ID, first.ElementID, first.Line)
		}
	}
}

func checkEventIDs(c *checker) {
	for _, e := range c.model.events {
		if e.ID <= 0 {
			c.report(EventIDInvalid, e.Line, e.ElementID, "the event id %q is not a positive number", e.rawID)
		}
	}
	for _, t := range c.model.tasks {
		c.checkCalled(t)
	}
}

// checkCalled looks for events of a task that others with the same id hide.
func (c *checker) checkCalled(t *Task) {
	first := map[int]*Event{}
	add := func(e *Event) (hidden *Event) {
		if f := first[e.ID]; f != nil && f != e && e.ID > 0 {
			return f
		}
		first[e.ID] = e
		return nil
	}
	for _, list := range [][]*element{c.search.behind(t.element, isImixsEvent), c.search.initial(t.element)} {
		for _, found := range list {
			e := found.event
			if f := add(e); f != nil && !c.hidden[e] {
				c.hidden[e] = true
				c.report(EventIDDuplicate, e.Line, e.label(), "the event id %d can be called on task %d, and so can %q (line %d) with the same id; only that one will be",
					e.ID, t.ID, f.label(), f.Line)
			}
		}
	}
	for i := range t.Boundary {
		b := &t.Boundary[i]
		if b.Target == nil {
			continue
		}
		if f := add(b.Target); f != nil {
			c.hidden[b.Target] = true
			c.report(BoundaryTargetHidden, b.Line, b.label(), "the boundary event leads to event %d (%q), but on task %d this id is that of %q (line %d)",
				b.TargetEvent, b.Target.label(), t.ID, f.label(), f.Line)
		}
	}
}
