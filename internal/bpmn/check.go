package bpmn

import (
	"errors"
	"fmt"
	"slices"
)

// Severity says what a problem means for a deployment.
type Severity int

// An Error refuses the deployment, a Warning is only shown.
const (
	Warning Severity = iota
	Error
)

// String returns "warning" or "error".
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Problem is something wrong with a model.
type Problem struct {
	Severity Severity
	File     string
	Line     int    // 0 if it belongs to no line
	Element  string // XML id, "" if it belongs to no element
	Message  string
}

// String returns the problem in one line: file, line, element and message.
func (p Problem) String() string {
	return place(p.File, p.Line, p.Element) + p.Severity.String() + ": " + p.Message
}

// Check returns what is wrong with the model, in the order of the file. It
// does not look into conditions; they belong to whoever runs them.
func (m *Model) Check() []Problem {
	c := &checker{model: m, problems: slices.Clone(m.problems)}
	for _, check := range []func(*checker){
		checkVersion, checkTasks, checkEvents, checkBoundary, checkFlows,
	} {
		check(c)
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Line - b.Line })
	return c.problems
}

type checker struct {
	model    *Model
	problems []Problem
}

func (c *checker) report(s Severity, line int, element, format string, args ...any) {
	c.problems = append(c.problems, Problem{Severity: s, File: c.model.File, Line: line, Element: element, Message: fmt.Sprintf(format, args...)})
}

func (p *parser) problem(s Severity, line int, element, message string) {
	p.model.problems = append(p.model.problems, Problem{Severity: s, File: p.model.File, Line: line, Element: element, Message: message})
}

func checkVersion(c *checker) {
	if c.model.Version == "" {
		c.report(Error, 0, "", "the model has no version (item txtworkflowmodelversion)")
	}
}

func checkTasks(c *checker) {
	for _, t := range c.model.tasks {
		switch first := c.model.byTask[t.ID]; {
		case t.ID <= 0:
			c.report(Error, t.Line, t.ElementID, "the task id %q is not a positive number", t.rawID)
		case first != t:
			c.report(Error, t.Line, t.ElementID, "the task id %d is also the id of %q (line %d)", t.ID, first.ElementID, first.Line)
		}
	}
}

func checkEvents(c *checker) {
	for _, e := range c.model.events {
		if e.ID <= 0 {
			c.report(Error, e.Line, e.ElementID, "the event id %q is not a positive number", e.rawID)
		}
	}
	for _, t := range c.model.tasks {
		seen := map[int]string{}
		for _, v := range behind(c.model.elements[t.ElementID], isImixsEvent) {
			if first, ok := seen[v.event.ID]; ok {
				c.report(Error, v.line, v.id, "the event id %d can be called on task %d, and so can %q with the same id", v.event.ID, t.ID, first)
				continue
			}
			seen[v.event.ID] = v.id
		}
	}
}

func checkBoundary(c *checker) {
	for _, t := range c.model.tasks {
		for _, b := range t.Boundary {
			if b.Target == nil {
				c.report(Warning, b.Line, b.ElementID, "the boundary event leads to no event with an id and will never fire")
			}
			if b.Timer.Err != nil {
				c.report(Error, b.Line, b.ElementID, "%s", b.Timer.Err)
			}
		}
	}
}

func checkFlows(c *checker) {
	for _, f := range c.model.flows {
		if errors.Is(f.broken, ErrLink) {
			c.report(Error, f.target.line, f.target.id, "%s: %q", ErrLink, f.target.name)
		}
	}
}
