package bpmn

func checkEvents(c *checker) {
	callable, targets := map[*Event]bool{}, map[*Event]bool{}
	for _, t := range c.model.tasks {
		for _, b := range t.Boundary {
			if b.Target != nil {
				targets[b.Target] = true
			}
		}
		for _, e := range t.Events {
			callable[e] = true
		}
	}
	for _, e := range c.model.events {
		i := e.element.index
		switch {
		case !e.Catching() && targets[e]: // see checkTarget
		case !e.Catching() && (callable[e] || c.graph.branch[i]):
			c.report(EventNotCatching, e.Line, e.label(), "the event is of the kind %s; only an intermediateCatchEvent can be processed", e.Type)
		case !e.Catching() && c.graph.reached[i]:
			c.report(EventIgnored, e.Line, e.label(), "the event is of the kind %s; only an intermediateCatchEvent can be processed, and a workitem that comes here stays where it is", e.Type)
		case !c.graph.live[i] && !c.hidden[e] && e.ID > 0:
			c.report(EventUnreachable, e.Line, e.label(), "the event can never be processed: no task, timer or event leads to it that can be, and it leads straight to no task")
		}
		if c.graph.live[i] && e.Catching() && !c.leaves(e) {
			c.checkNext(e)
		}
	}
}

// checkNext looks at where an event leads.
func (c *checker) checkNext(e *Event) {
	r := c.graph.results[state{e: e.element}.index()]
	switch {
	case r.most == 0 && !r.blamed:
		c.report(EventDeadEnd, e.Line, e.label(), "the event leads to no task or event")
	case r.least > 1:
		c.report(FlowAmbiguous, e.Line, e.label(), "the event leads to two places at once; only a parallel gateway may do that")
	case r.most > 1:
		c.report(FlowMaybeAmbiguous, e.Line, e.label(), "the event can lead to two places at once, depending on conditions; only a parallel gateway may do that")
	case r.depth > maxPath:
		c.report(FlowTooLong, e.Line, e.label(), "%s follow the event", ErrTooLong)
	}
}

// label names the event in messages.
func (e *Event) label() string { return e.element.label() }
