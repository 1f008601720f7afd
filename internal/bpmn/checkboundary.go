package bpmn

func checkBoundaries(c *checker) {
	loops := newSearch(len(c.model.nodes), maxSteps)
	for _, t := range c.model.tasks {
		twins := map[effect]*BoundaryEvent{}
		for i := range t.Boundary {
			b := &t.Boundary[i]
			checkTarget(c, b)
			checkTimer(c, b)
			checkTwin(c, twins, b)
			checkBoundaryLoop(c, loops, t, b)
		}
	}
	c.incomplete = c.incomplete || loops.exhausted()
}

func checkTarget(c *checker, b *BoundaryEvent) {
	kind := b.element.definition
	if b.Target == nil {
		code, text := BoundaryWithoutEffect, "the boundary event leads to no event with an id and will never fire"
		if kind == "timer" {
			code, text = BoundaryTargetMissing, "the timer leads to no event with an id and will never fire"
		}
		c.report(code, b.Line, b.label(), "%s", text)
		return
	}
	if !b.Target.Catching() {
		c.report(BoundaryTargetNotCatching, b.Line, b.label(), "the boundary event leads to %q, which is of the kind %s; only an intermediateCatchEvent can be processed",
			b.Target.ElementID, b.Target.Type)
	}
	if found := c.search.behind(b.element, isImixsEvent); len(found) > 1 {
		c.report(BoundaryTargetAmbiguous, b.Line, b.label(), "the boundary event leads to %q and %q; only the first will be processed", found[0].id, found[1].id)
	}
	if kind != "" && kind != "timer" {
		c.report(BoundaryKindIgnored, b.Line, b.label(), "a boundary event of kind %s is treated as a timer without a wait: event %d is processed as soon as a workitem comes to the task",
			kind, b.TargetEvent)
	}
}

func checkTimer(c *checker, b *BoundaryEvent) {
	switch {
	case b.Timer.Err != nil:
		c.report(TimerInvalid, b.Line, b.label(), "%s", b.Timer.Err)
	case b.Timer.Text == "" && b.Target != nil && b.element.definition == "timer":
		c.report(TimerEmpty, b.Line, b.label(), "the timer has no value: event %d is processed as soon as a workitem comes to the task", b.TargetEvent)
	}
}

// effect is what a boundary event does to its task.
type effect struct {
	target *Event
	kind   TimerKind
	text   string
}

// checkTwin looks for an earlier boundary event of the task that does the same.
func checkTwin(c *checker, earlier map[effect]*BoundaryEvent, b *BoundaryEvent) {
	if b.Target == nil {
		return
	}
	does := effect{b.Target, b.Timer.Kind, b.Timer.Text}
	if o := earlier[does]; o != nil {
		c.report(BoundaryDuplicate, b.Line, b.label(), "the boundary event does the same as %q (line %d)", o.label(), o.Line)
		return
	}
	earlier[does] = b
}

// checkBoundaryLoop looks for a boundary event that fires at once and may begin
// anew when it has. A non-interrupting one does not.
func checkBoundaryLoop(c *checker, s *search, t *Task, b *BoundaryEvent) {
	if !b.Interrupting || b.TargetEvent <= 0 || !b.Timer.passes() || !c.processed(b.Target) {
		return
	}
	ends := s.behind(b.Target.element, func(e *element) bool {
		return e.task != nil || (e.event != nil && !c.processed(e.event))
	})
	for _, end := range ends {
		if end.task != t && !ignored(end) {
			continue
		}
		after := ""
		if b.Timer.Text != "" && b.Timer.Kind != TimeDuration {
			after = " when its date has passed"
		}
		c.report(BoundaryLoop, b.Line, b.label(), "the boundary event can lead back to task %d, where it is due again at once%s: an endless loop", t.ID, after)
		return
	}
}

// processed says whether an event is processed, and its flows are followed.
func (c *checker) processed(e *Event) bool { return e.Catching() && !c.leaves(e) }

// ignored says whether a workitem that comes to an element stays where it is.
func ignored(e *element) bool {
	if e.task != nil {
		return !IsTaskType(e.task.Type)
	}
	return !e.event.Catching()
}

// label names the boundary event in messages.
func (b *BoundaryEvent) label() string { return b.element.label() }
