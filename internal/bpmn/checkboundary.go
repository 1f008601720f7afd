package bpmn

func checkBoundaries(c *checker) {
	for _, t := range c.model.tasks {
		for i := range t.Boundary {
			b := &t.Boundary[i]
			checkTarget(c, b)
			checkTimer(c, b)
			checkTwin(c, t.Boundary[:i], b)
		}
	}
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

// checkTwin looks for an earlier boundary event that does the same.
func checkTwin(c *checker, earlier []BoundaryEvent, b *BoundaryEvent) {
	if b.Target == nil {
		return
	}
	for i := range earlier {
		if o := &earlier[i]; o.Target == b.Target && o.Timer.Kind == b.Timer.Kind && o.Timer.Text == b.Timer.Text {
			c.report(BoundaryDuplicate, b.Line, b.label(), "the boundary event does the same as %q (line %d)", o.label(), o.Line)
			return
		}
	}
}

// label names the boundary event in messages.
func (b *BoundaryEvent) label() string { return b.element.label() }
