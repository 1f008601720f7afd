package bpmn

import "strings"

func checkGateways(c *checker) {
	for _, f := range c.model.flows {
		if c.graph.circles[f] {
			c.report(GatewayCycle, f.Line, f.label(), "the flow leads back to %q without a task or event on the way", f.target.label())
		}
	}
	for _, e := range c.model.nodes {
		switch {
		case !e.gateway():
		case len(e.out) == 0:
			if c.graph.touched[e.index] {
				c.report(GatewayDeadEnd, e.line, e.label(), "the gateway has no outgoing flow")
			}
		case c.graph.asked[e.index]:
			c.checkChoice(e)
			c.checkBranches(e)
		}
	}
}

// checkChoice looks at which flow a gateway takes.
func (c *checker) checkChoice(e *element) {
	var taken, named *Flow // by default
	for _, f := range e.out {
		if f.Condition == "" && taken == nil {
			taken = f
		}
		if f.ElementID == e.byDefault && e.byDefault != "" {
			named = f
		}
	}
	switch {
	case taken == nil:
		c.report(GatewayDefaultMissing, e.line, e.label(), "every flow of the gateway has a condition; if none holds, the processing fails")
	case e.byDefault != "" && named != taken:
		c.report(GatewayDefaultIgnored, e.line, e.label(), "the default flow of the gateway is %q, but what is taken by default is the first flow without a condition, %q",
			e.byDefault, taken.label())
	}
	for _, f := range e.out {
		if f.Condition == "" && f != taken && f != named {
			c.report(GatewayFlowUnused, f.Line, f.label(), "the flow is never taken: %q has no condition either and comes first", taken.label())
		}
	}
}

// checkBranches looks for flows that lead nowhere beside others that do not.
func (c *checker) checkBranches(e *element) {
	s := state{e: e}
	if c.graph.results[s.index()].most == 0 {
		return
	}
	for _, f := range e.out {
		if r := c.graph.behind(s, f); r.most == 0 && !r.blamed {
			c.report(FlowDeadEnd, f.Line, f.label(), "the flow leads to no task or event; a processing that takes it fails")
		}
	}
}

func checkParallel(c *checker) {
	for _, e := range c.model.nodes {
		if !c.graph.forked[e.index] || len(e.out) == 0 {
			continue
		}
		r := c.graph.results[state{e, true}.index()]
		guarded := 0
		for _, f := range e.out {
			if f.target.event != nil && f.Condition != "" && !f.always("false") {
				guarded++
			}
		}
		switch {
		case r.tasks > 1:
			c.report(ParallelMainSeveral, e.line, e.label(), "the parallel gateway leads to several tasks; a workitem can go on to one only, the other flows need an event")
		case r.tasks == 0 && guarded == 0 && !r.blamed:
			c.report(ParallelMainMissing, e.line, e.label(), "the parallel gateway leads to no task, and no flow to an event has a condition; the workitem itself has nowhere to go")
		case r.tasks == 1 && guarded > 0:
			c.report(ParallelMainDoubtful, e.line, e.label(), "the parallel gateway leads to a task, and to an event with a condition; where the condition holds, the processing fails")
		}
	}
}

func checkConditions(c *checker) {
	for _, f := range c.model.flows {
		e := f.source
		switch {
		case f.Condition == "":
		case e.task != nil || e.event != nil || c.graph.touched[e.index] && !e.gateway():
			c.report(ConditionIgnored, f.Line, f.label(), "the condition is ignored: only flows that leave a gateway have one")
		case c.graph.asked[e.index], !c.graph.touched[e.index]:
		case !c.graph.forked[e.index]:
			c.report(ConditionIgnored, f.Line, f.label(), "the condition is ignored: a gateway chooses only behind an event, not behind a task")
		case f.target.event == nil && !f.always("true"):
			c.report(ConditionIgnored, f.Line, f.label(), "the condition is ignored: a parallel gateway takes all flows, and asks only those that lead straight to an event")
		}
	}
}

// Asked says which conditions of the model may be evaluated: those of the flows
// of a gateway that an event leads to, and of a parallel gateway straight to an
// event. See [Model.Check] for leaves.
func (m *Model) Asked(leaves func(*Event) bool) func(*Flow) bool {
	if leaves == nil {
		leaves = func(*Event) bool { return false }
	}
	g := newGraph(m, leaves)
	return func(f *Flow) bool {
		straight := f.target.event != nil && f.to == f.target // a link leads elsewhere
		return f.Condition != "" && (g.asked[f.source.index] || (g.forked[f.source.index] && straight))
	}
}

// always says whether a condition is just true, or false.
func (f *Flow) always(value string) bool { return strings.TrimSpace(f.Condition) == value }
