package conformance_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/result"
	"github.com/postlude/postlude/internal/workflow/tag"
	"github.com/postlude/postlude/internal/workflow/text"
)

// resultCase is a recorded evaluation of an event's workflow result.
type resultCase struct {
	Event, Workitem items
	Tag             string
	Filter          string
	Resolve         *bool
	Expect          json.RawMessage
}

var resultDifferences = []difference{
	{rule: "T1", kind: "evalResult", matches: resultMatches(func(c *resultCase) bool { return c.Tag != "" && !c.resolves() && closedByPrefix(c.source())(c.Tag) })},
	{rule: "T5", kind: "evalResultXML", matches: resultMatches(func(c *resultCase) bool {
		return slices.ContainsFunc(c.contents(), mixedContent)
	})},
	{rule: "T9", kind: "evalResultXML", matches: resultMatches(func(c *resultCase) bool { return c.readsOtherSpelling() })},
}

func resultMatches(matches func(c *resultCase) bool) func(c *engineCase) bool {
	return func(c *engineCase) bool {
		var in resultCase
		return (c.Kind == "evalResult" || c.Kind == "evalResultXML") && json.Unmarshal(c.raw, &in) == nil && matches(&in)
	}
}

func (c *resultCase) source() string { return c.Event.clone().Text("workflow.result") }

func (c *resultCase) resolves() bool { return c.Resolve == nil || *c.Resolve }

func (c *resultCase) scope() *text.Scope {
	if !c.resolves() {
		return nil
	}
	return &text.Scope{Items: c.Workitem.clone()}
}

func runEvalResult(t *testing.T, c *engineCase) error {
	t.Helper()
	var in resultCase
	c.decode(t, &in)
	var expect struct {
		Result items
		Error  *failure
	}
	if err := json.Unmarshal(in.Expect, &expect); err != nil {
		return err
	}
	got, err := result.Items(t.Context(), in.source(), in.Tag, in.scope())
	if expect.Error != nil || err != nil {
		return expect.Error.compare(coded(workflow.InvalidTagFormat, err))
	}
	if (expect.Result == nil) != (got == nil) {
		return fmt.Errorf("result %#v, expected %#v", got, expect.Result)
	}
	return newComparison().items("item", expect.Result, got)
}

func runEvalResultXML(t *testing.T, c *engineCase) error {
	t.Helper()
	var in resultCase
	c.decode(t, &in)
	var expect struct {
		Result []items
		Error  *failure
	}
	if err := json.Unmarshal(in.Expect, &expect); err != nil {
		return err
	}
	got, err := result.Blocks(t.Context(), in.source(), in.Tag, in.Filter, in.scope())
	if expect.Error != nil || err != nil {
		return expect.Error.compare(coded(workflow.InvalidTagFormat, err))
	}
	if len(got) != len(expect.Result) {
		return fmt.Errorf("result %#v, expected %#v", got, expect.Result)
	}
	for i, want := range expect.Result {
		if err := newComparison().items(fmt.Sprintf("block %d", i), want, got[i]); err != nil {
			return err
		}
	}
	return nil
}

// contents are those of the blocks.
func (c *resultCase) contents() (contents []string) {
	tags, err := tag.Find(c.source(), c.Tag)
	if err != nil {
		return nil
	}
	for _, t := range tags {
		contents = append(contents, t.Content)
	}
	return contents
}

// readsOtherSpelling reports whether there are children in a block whose tag is
// not spelled as asked for: the original finds the block, but none of them.
func (c *resultCase) readsOtherSpelling() bool {
	tags, err := tag.Find(c.source(), c.Tag)
	for _, t := range tags {
		children, childErr := result.Children(t.Content)
		if err == nil && childErr == nil && t.Name != c.Tag && len(children) > 0 {
			return true
		}
	}
	return false
}
