package conformance_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postlude/postlude/internal/workflow/script"
	"github.com/postlude/postlude/internal/workitem"
)

// scriptCase is a condition or a rule.
type scriptCase struct {
	Script          string
	Workitem        items
	Event           items
	EngineDependent string
	Expect          struct {
		Rewritten     *string // what the original made of an old script
		WorkitemAfter items   // if it was changed
		EventAfter    items
		Error         *failure
	}
}

// scriptLimit leaves time for what else runs on the machine.
const scriptLimit = 10 * time.Second

func runCondition(t *testing.T, c *engineCase) error {
	t.Helper()
	var in scriptCase
	var want struct{ Expect struct{ Result bool } }
	c.decode(t, &in)
	c.decode(t, &want)
	var e script.Engine
	it := in.Workitem.clone()
	holds, err := e.Holds(script.Compile(in.Script), it, scriptLimit)
	if in.Expect.Error != nil || err != nil {
		return in.Expect.Error.compareScript(err)
	}
	if holds != want.Expect.Result {
		return fmt.Errorf("%v, expected %v", holds, want.Expect.Result)
	}
	return newComparison().after("workitem", in.Workitem, in.Expect.WorkitemAfter, it)
}

// compareScript is compare for errors of the script engine, which have no code
// of their own: the kernel gives them the one of an invalid script.
func (f *failure) compareScript(err error) error {
	if f != nil && err != nil && f.ErrorCode == "INVALID_SCRIPT" {
		return nil
	}
	return f.compare(err)
}

// after compares items that may have been changed.
func (c *comparison) after(what string, before, after items, got map[string][]any) error {
	if after != nil {
		return c.items(what, after, got)
	}
	return c.items(what, before, got)
}

var conditionDifferences = slices.Concat(scriptDifferences("condition"), []difference{
	{rule: "C3", kind: "condition", matches: func(c *engineCase) bool {
		return scriptRule(c) == "" && scriptCaseOf(c).Expect.WorkitemAfter != nil
	}},
})

// scriptDifferences are the rules that hold for conditions and rules. They say
// where results may differ; what our scripts give instead is tested beside them.
func scriptDifferences(kind string) []difference {
	var all []difference
	for _, rule := range []string{"C1", "C2", "C4", "C5", "C6"} {
		all = append(all, difference{
			rule: rule, kind: kind,
			matches: func(c *engineCase) bool { return scriptRule(c) == rule },
		})
	}
	return all
}

// scriptRule returns the first rule that a script falls under, "" for none.
func scriptRule(c *engineCase) string {
	in := scriptCaseOf(c)
	switch {
	case misreadOldScript(in):
		return "C1"
	case in.EngineDependent != "": // recorded with another engine than the original's
		return "C2"
	case listChange.MatchString(in.Script):
		return "C4"
	case hostAccess.MatchString(in.Script):
		return "C5"
	case looksInto(in.Script, in.Workitem) || looksInto(in.Script, in.Event):
		return "C6"
	}
	return ""
}

func scriptCaseOf(c *engineCase) *scriptCase {
	var in scriptCase
	_ = c.into(&in)
	return &in
}

var (
	literal = regexp.MustCompile(`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`)
	// oldAccess is an item read as a property, wherever it is left in a script.
	oldAccess = regexp.MustCompile(`\b(workitem|event)\s*(\.\s*[\w$]+\s*([^\w$(\s]|$)|\[)`)
	// torn is what an item name that begins like another one is cut into, and
	// what is done to the answer whether there is an item.
	torn = regexp.MustCompile(`hasItem\('[^']*'\)\s*([\w$.\[]|=[^=])`)
	// listChange is a method that changes a list of Java.
	listChange = regexp.MustCompile(`getItemValue(List)?\([^)]*\)\.(add|addAll|clear|put|remove|removeAll|set|sort)\(`)
	// hostAccess is what an engine of the original has of its host.
	hostAccess = regexp.MustCompile(`\b(Java|Packages|JavaImporter|Polyglot|Graal|java|javax|load|print|console|getClass)\b`)
)

// misreadOldScript is for scripts of old that the original rewrites wrongly or
// not at all.
func misreadOldScript(in *scriptCase) bool {
	if in.Expect.Rewritten == nil {
		return oldAccess.MatchString(in.Script)
	}
	for _, text := range literal.FindAllString(in.Script, -1) {
		if strings.Contains(text, "workitem.") || strings.Contains(text, "event.") {
			return true
		}
	}
	return torn.MatchString(*in.Expect.Rewritten) || oldAccess.MatchString(*in.Expect.Rewritten)
}

// looksInto is for scripts that take a value that is no number and no text.
func looksInto(script string, it items) bool {
	for name, values := range it {
		read := strings.Contains(script, "."+name+"[0]") || strings.Contains(script, "['"+name+"'][0]")
		if !read || len(values) == 0 {
			continue
		}
		switch values[0].(type) {
		case workitem.Map, workitem.List, []byte:
			return true
		}
	}
	return false
}
