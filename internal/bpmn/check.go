package bpmn

import (
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

// MarshalText implements [encoding.TextMarshaler].
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Problem is something wrong with a model.
type Problem struct {
	Severity Severity `json:"severity"`
	Code     Code     `json:"code,omitempty"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`    // 0 if it belongs to no line
	Element  string   `json:"element,omitempty"` // XML id or name, "" if it belongs to no element
	Message  string   `json:"message"`
}

// String returns the problem in one line: file, line, element, severity, code
// and message.
func (p Problem) String() string {
	code := ""
	if p.Code != "" {
		code = "[" + string(p.Code) + "]"
	}
	return place(p.File, p.Line, p.Element) + p.Severity.String() + code + ": " + p.Message
}

// Sort brings problems in the order of the file.
func Sort(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
}

// Check returns what is wrong with the model, in the order of the file. It
// does not look into conditions and results; they belong to whoever runs them.
//
// leaves names the events that go on in another model, and whose flows nobody
// follows; nil means that there are none.
func (m *Model) Check(leaves func(*Event) bool) []Problem {
	if leaves == nil {
		leaves = func(*Event) bool { return false }
	}
	c := &checker{model: m, leaves: leaves, severities: map[Code]Severity{}, hidden: map[*Event]bool{}, problems: slices.Clone(m.problems), search: newSearch(len(m.nodes), 10*maxSteps)}
	for _, e := range Catalogue() {
		c.severities[e.Code] = e.Severity
	}
	for i, p := range c.problems {
		c.problems[i].Severity = c.severities[p.Code]
	}
	c.graph = newGraph(m, leaves)
	for _, check := range []func(*checker){
		checkProcesses, checkTaskIDs, checkEventIDs, checkBoundaries, checkLinks, checkGateways, checkParallel,
		checkConditions, checkEvents, checkLoops, checkTasks,
	} {
		check(c)
	}
	if c.incomplete || c.search.exhausted() {
		c.report(CheckIncomplete, m.Line, m.ElementID, "the flows of the model are too entangled to look at them all; some problems may not be found")
	}
	Sort(c.problems)
	return c.problems
}

type checker struct {
	model      *Model
	leaves     func(*Event) bool
	severities map[Code]Severity
	problems   []Problem
	search     *search
	incomplete bool // a search beside the one above was given up
	graph      *graph
	hidden     map[*Event]bool // events that can never be called, and are reported
}

func (c *checker) report(code Code, line int, element, format string, args ...any) {
	c.problems = append(c.problems, Problem{
		Severity: c.severities[code], Code: code, File: c.model.File, Line: line, Element: element, Message: fmt.Sprintf(format, args...),
	})
}

// problem notes what only the parser sees. Check knows how severe it is.
func (p *parser) problem(code Code, line int, element, format string, args ...any) {
	p.model.problems = append(p.model.problems, Problem{
		Code: code, File: p.model.File, Line: line, Element: element, Message: fmt.Sprintf(format, args...),
	})
}
