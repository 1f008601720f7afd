package conformance_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/postlude/postlude/internal/workflow/tag"
)

// pluginDifferences say where results may differ. What ours are instead is
// tested beside the plugins.
var pluginDifferences = rulesOf("plugin", pluginRule, "PL1", "PL2", "PL3", "PL4", "PL5", "PL6", "T1", "T4", "C1", "C2", "C4", "C5", "C6")

var processDifferences = rulesOf("process", processRule, "PL1")

// rulesOf makes a difference of each rule that a kind has: a case falls under one
// at most, the first that ruleOf finds.
func rulesOf(kind string, ruleOf func(c *engineCase) string, rules ...string) []difference {
	var all []difference
	for _, rule := range rules {
		all = append(all, difference{
			rule: rule, kind: kind,
			matches: func(c *engineCase) bool { return c.Kind == kind && ruleOf(c) == rule },
		})
	}
	return all
}

// pluginRule returns the rule that a run of plugins falls under, "" for none.
func pluginRule(c *engineCase) string {
	var p pluginCase
	if c.into(&p) != nil {
		return ""
	}
	for _, name := range p.Plugins {
		rule := ""
		switch name {
		case "EventLogPlugin":
			rule = eventLogRule(p.result())
		case "SplitAndJoinPlugin":
			rule = p.splitRule()
		case "RulePlugin":
			rule = p.scriptRule(c)
		case "ResultPlugin":
			if hiddenByComment(p.result(), "item") && c.Name != "comment with close tag inside content" { // see tagDifferences
				rule = "T4"
			}
		}
		if rule != "" {
			return rule
		}
	}
	return ""
}

// result is the text with the tags of an event.
func (p *pluginCase) result() string {
	for _, name := range []string{"workflow.result", "txtactivityresult"} {
		if values := p.Event[name]; len(values) > 0 && values[0] != "" {
			text, _ := values[0].(string)
			return text
		}
	}
	return ""
}

// eventLogRule is the rule for a text with <eventlog> tags.
func eventLogRule(text string) string {
	tags, err := tag.Find(text, "eventlog")
	if err != nil {
		return ""
	}
	for i := range tags {
		if rule := entryRule(&tags[i]); rule != "" {
			return rule
		}
	}
	if len(tags) > 1 {
		return "PL1" // their order, and several of one name
	}
	return ""
}

var (
	cdata   = regexp.MustCompile(`(?s)<!\[CDATA\[.*?\]\]>`)
	ref     = regexp.MustCompile(`(?is)<ref[^>]*>\s*[^<\s]|<ref[^>]*>\s*<[^/]`)
	timeout = regexp.MustCompile(`(?is)<timeout[^>]*>([^<]*)</timeout`)
)

func entryRule(t *tag.Tag) string {
	topic, _ := t.Attribute("name")
	if topic = strings.TrimSpace(topic); topic == "" || topic == "async.event" {
		return "PL3"
	}
	if m := timeout.FindStringSubmatch(t.Content); m != nil {
		if _, err := strconv.ParseInt(m[1], 10, 32); err != nil {
			return "PL3"
		}
	}
	switch {
	case len(t.Attributes) > 1:
		return "PL4"
	case topic != strings.ToLower(topic):
		return "PL1"
	case !ref.MatchString(cdata.ReplaceAllString(t.Content, "")) && !strings.Contains(strings.ToLower(t.Content), "<ref><![cdata["):
		return "PL2"
	}
	return ""
}

var (
	oldSplit    = regexp.MustCompile(`(?is)<item\s[^>]*>.*</items>`)
	copiedItems = regexp.MustCompile(`(?is)<items>([^<]*)</items>`)
	// ownItem is one that is about a workitem itself, and is not written anyway
	// when another one is created or processed.
	ownItem = regexp.MustCompile(`(?i)^\$(uniqueid.*|workitemid|transactionid|eventlog.*|created.*|modified|version|last.*|isauthor)$`)
)

// splitRule is the rule for a text with definitions of SplitAndJoin.
func (p *pluginCase) splitRule() string {
	text := p.result()
	if oldSplit.MatchString(text) {
		return "T1"
	}
	for _, list := range copiedItems.FindAllStringSubmatch(text, -1) {
		for part := range strings.SplitSeq(list[1], ",") {
			if p.copiesOwn(strings.TrimSpace(part)) {
				return "PL5"
			}
		}
	}
	return ""
}

// copiesOwn reports whether a part of a list of items is to overwrite an item
// that is about the other workitem itself.
func (p *pluginCase) copiesOwn(part string) bool {
	if strings.HasPrefix(part, "(") && strings.HasSuffix(part, ")") {
		expression, err := regexp.Compile(part)
		for name := range p.Workitem {
			if err == nil && ownItem.MatchString(name) && expression.MatchString(name) {
				return true
			}
		}
		return false
	}
	from, to, renamed := strings.Cut(part, "|")
	if !renamed {
		to = from
	}
	return ownItem.MatchString(strings.TrimSpace(to))
}

// scriptRule is the rule for a business rule.
func (p *pluginCase) scriptRule(c *engineCase) string {
	script, _ := first(p.Event["txtbusinessrule"]).(string)
	if engine, _ := first(p.Event["txtbusinessruleengine"]).(string); engine != "" {
		return "PL6"
	}
	if p.tears(script) {
		return "C1"
	}
	var recorded map[string]json.RawMessage
	if script == "" || c.into(&recorded) != nil {
		return ""
	}
	recorded["script"], _ = json.Marshal(script)
	raw, err := json.Marshal(recorded)
	if err != nil {
		return ""
	}
	return scriptRule(&engineCase{raw: raw})
}

// tears reports whether the original takes a script for an old one, and the name
// of an item for the beginning of another name.
func (p *pluginCase) tears(script string) bool {
	if regexp.MustCompile(`workitem\.(get|set|hasItem|isItem)|event\.(get|set)`).MatchString(script) {
		return false
	}
	for name := range p.Workitem {
		if regexp.MustCompile(`workitem\.` + regexp.QuoteMeta(name) + `\w`).MatchString(script) {
			return true
		}
	}
	return false
}

func first(values []any) any {
	if len(values) == 0 {
		return nil
	}
	return values[0]
}

var loudTopic = regexp.MustCompile(`<eventlog\s+name="[^"]*[A-Z]`)

// processRule is the rule for a whole processing: an event whose topic has
// upper-case letters writes an entry.
func processRule(c *engineCase) string {
	var p processCase
	if c.into(&p) != nil || len(p.Expect.Created) == 0 {
		return ""
	}
	if slices.ContainsFunc(p.Models, func(name string) bool {
		source, err := os.ReadFile(filepath.Join(folder(), "models", name))
		return err == nil && loudTopic.Match(source)
	}) {
		return "PL1"
	}
	return ""
}
