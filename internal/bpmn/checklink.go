package bpmn

// linkName is what holds the two ends of a link together.
type linkName struct {
	process *Process
	name    string
}

func checkLinks(c *checker) {
	caught, thrown := map[linkName]*element{}, map[linkName]bool{}
	for _, e := range c.model.nodes {
		name := linkName{e.process, e.name}
		switch {
		case !e.link:
		case e.kind == "intermediateThrowEvent":
			thrown[name] = true
		case e.kind == "intermediateCatchEvent" && caught[name] == nil:
			caught[name] = e
		}
	}
	for _, e := range c.model.nodes {
		name := linkName{e.process, e.name}
		switch {
		case !e.link:
		case e.kind == "intermediateThrowEvent":
			c.checkThrow(e, caught[name])
		case e.kind == "intermediateCatchEvent":
			c.checkCatch(e, caught[name], thrown[name])
		}
	}
}

func (c *checker) checkThrow(e, caught *element) {
	switch {
	case !c.graph.touched[e.index]:
	case caught == nil:
		c.report(LinkTargetMissing, e.line, e.label(), "%s: %q", ErrLink, e.name)
	case len(caught.out) == 0:
		c.report(LinkDeadEnd, e.line, e.label(), "the link %q leads to %q, which has no way out", e.name, caught.label())
	case caught.out[0].target.link && caught.out[0].target.kind == "intermediateThrowEvent":
		c.report(LinkDeadEnd, e.line, e.label(), "the link %q leads straight to another link event, %q; nothing follows a second link", e.name, caught.out[0].target.label())
	}
}

func (c *checker) checkCatch(e, first *element, thrown bool) {
	switch {
	case first != e:
		c.report(LinkCatchDuplicate, e.line, e.label(), "the link %q is already caught by %q (line %d); nothing leads here", e.name, first.label(), first.line)
	case !thrown:
		c.report(LinkUnused, e.line, e.label(), "no link event throws %q; nothing leads here", e.name)
	case len(e.out) > 1:
		c.report(LinkFlowIgnored, e.line, e.label(), "the catching link event has %d flows; only %q is followed", len(e.out), e.out[0].label())
	}
}
