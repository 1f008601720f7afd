package workflow

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow/tag"
)

// Check returns what is wrong with the model in the order of the file: its
// elements and flows (see [bpmn.Model.Check]), its conditions, rules and
// results, and the plugins and adapters it names.
func (m *Model) Check(known Known) []bpmn.Problem {
	c := &checker{model: m, known: known, severities: map[bpmn.Code]bpmn.Severity{}}
	for _, e := range bpmn.Catalogue() {
		c.severities[e.Code] = e.Severity
	}
	if known.IgnoreUnknown {
		c.severities[bpmn.PluginUnknown], c.severities[bpmn.AdapterUnknown] = bpmn.Warning, bpmn.Warning
	}
	leaves := func(e *bpmn.Event) bool { return m.switches[e] != nil }
	c.problems = m.Model.Check(leaves)
	c.plugins()
	c.conditions(leaves)
	for _, e := range m.Events() {
		c.modelSwitch(e)
		c.rule(e)
		c.results(e)
		c.texts(e.Items, e.Line, e.ElementID, eventTexts())
		c.adapters(e)
	}
	for _, t := range m.Tasks() {
		c.texts(t.Items, t.Line, t.ElementID, taskTexts())
	}
	bpmn.Sort(c.problems)
	return c.problems
}

type checker struct {
	model      *Model
	known      Known
	severities map[bpmn.Code]bpmn.Severity
	problems   []bpmn.Problem
}

func (c *checker) report(code bpmn.Code, line int, element, format string, args ...any) {
	c.problems = append(c.problems, bpmn.Problem{
		Severity: c.severities[code], Code: code, File: c.model.File, Line: line, Element: element, Message: fmt.Sprintf(format, args...),
	})
}

// names says whether the model names a plugin of Imixs, in whatever package.
func (c *checker) names(class string) bool {
	return slices.ContainsFunc(c.model.Plugins, func(name string) bool {
		return strings.HasPrefix(name, ours) && strings.HasSuffix(name, "."+class)
	})
}

func (c *checker) plugins() {
	for _, name := range c.model.Plugins {
		effect := missingPlugin(name)
		switch {
		case c.known.plugin(name):
		case effect != "":
			c.report(bpmn.PluginUnsupported, c.model.PluginsLine, c.model.ElementID, "the plugin %s is not part of Postlude: %s", name, effect)
		default:
			c.report(bpmn.PluginUnknown, c.model.PluginsLine, c.model.ElementID, "there is no plugin %s", name)
		}
	}
}

// conditions looks at those that may be evaluated. Others may be prose, and are
// ignored.
func (c *checker) conditions(leaves func(*bpmn.Event) bool) {
	asked := c.model.Asked(leaves)
	for _, f := range c.model.Flows() {
		if p := c.model.conditions[f.Index]; p != nil && p.Err() != nil && asked(f) {
			c.report(bpmn.ConditionInvalid, f.Line, f.ElementID, "condition: %s", oneLine(p.Err()))
		}
	}
}

func (c *checker) modelSwitch(e *bpmn.Event) {
	s := c.model.switches[e]
	if s == nil || s.err == nil {
		return
	}
	text := s.err.Error()
	var coded *Error
	if errors.As(s.err, &coded) {
		text = coded.Detail()
	}
	c.report(bpmn.ModelSwitchInvalid, e.Line, e.ElementID, "%s", text)
}

func (c *checker) rule(e *bpmn.Event) {
	source := e.Items.Text("rule.definition")
	if strings.TrimSpace(source) == "" {
		return
	}
	engine := e.Items.Text("rule.engine")
	switch p := c.model.rules[source]; {
	case !c.names("RulePlugin"):
		c.report(bpmn.RuleIgnored, e.Line, e.ElementID, "the business rule will not run: the model does not name the RulePlugin")
	case !IsJavaScript(engine):
		c.report(bpmn.RuleEngineUnknown, e.Line, e.ElementID, "there is no script language %q for the business rule, only js", engine)
	case p != nil && p.Err() != nil:
		c.report(bpmn.RuleInvalid, e.Line, e.ElementID, "business rule: %s", oneLine(p.Err()))
	}
}

// IsJavaScript says whether a business rule in a language, as an event names it,
// can run: JavaScript has had several names.
func IsJavaScript(engine string) bool {
	switch strings.ToLower(strings.TrimSpace(engine)) {
	case "", "js", "javascript", "nashorn", "graal.js":
		return true
	}
	return false
}

// results looks at the tags that plugins read in the result of an event.
func (c *checker) results(e *bpmn.Event) {
	text := e.Items.Text("workflow.result")
	for _, reader := range []struct {
		tag     string
		plugins []string // any of which reads it
	}{
		{"item", []string{"ResultPlugin", "SplitAndJoinPlugin", "ApproverPlugin", "AnalysisPlugin"}},
		{"split", []string{"SplitAndJoinPlugin"}},
		{"eventlog", []string{"EventLogPlugin"}},
	} {
		found, err := tag.Find(text, reader.tag)
		read := slices.ContainsFunc(reader.plugins, c.names)
		switch {
		case err == nil && len(found) == 0:
		case !read:
			c.report(bpmn.ResultIgnored, e.Line, e.ElementID, "nobody reads <%s> in the result: the model does not name the %s", reader.tag, reader.plugins[0])
		case err != nil:
			c.report(bpmn.ResultMalformed, e.Line, e.ElementID, "result: %s", oneLine(err))
		case reader.tag == "eventlog":
			c.topics(e, found)
		}
	}
}

// topics looks at what the EventLogPlugin is to write.
func (c *checker) topics(e *bpmn.Event, found []tag.Tag) {
	for i := range found {
		switch name, _ := found[i].Attribute("name"); strings.TrimSpace(name) {
		case "":
			c.report(bpmn.ResultMalformed, e.Line, e.ElementID, "result: <eventlog> has no topic, the attribute name")
		case AsyncTopic:
			c.report(bpmn.ResultMalformed, e.Line, e.ElementID, "result: <eventlog> has the topic %s, which belongs to boundary events", AsyncTopic)
		}
	}
}

func (c *checker) adapters(e *bpmn.Event) {
	if len(e.Adapters) == 0 {
		return
	}
	name := e.Adapters[0]
	effect := missingAdapter(name)
	switch {
	case c.known.adapter(name) || !isClassName(name):
	case effect != "":
		c.report(bpmn.AdapterUnsupported, e.Line, e.ElementID, "the adapter %s, which %s, is not part of Postlude: event %d cannot be processed", name, effect, e.ID)
	default:
		c.report(bpmn.AdapterUnknown, e.Line, e.ElementID, "there is no adapter %s: event %d cannot be processed", name, e.ID)
	}
	if len(e.Adapters) > 1 {
		c.report(bpmn.AdapterIgnored, e.Line, e.ElementID, "the event has %d adapters; only the first, %s, runs", len(e.Adapters), name)
	}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
