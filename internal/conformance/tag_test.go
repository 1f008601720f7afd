package conformance_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/result"
	"github.com/postlude/postlude/internal/workflow/tag"
)

// tagCase is a recorded call of the original's tag scanner or XML reader.
type tagCase struct {
	Op, Text, Tag, Attribute string
	Expect                   struct {
		Tags  []recordedTag
		Items items
		List  []string
		Value *string
		Error *failure
	}
}

type recordedTag struct {
	Outer, Content string
	Attributes     map[string]string
	Start, End     int
}

var tagDifferences = []difference{
	{rule: "T1", kind: "xmlparser", matches: tagMatches(func(c *tagCase) bool { return c.Tag != "" && closedByPrefix(c.Text)(c.Tag) })},
	{rule: "T2", kind: "xmlparser", matches: tagMatches(func(c *tagCase) bool {
		return regexp.MustCompile(`(?is)<` + regexp.QuoteMeta(c.tagName()) + `\s[^>]*=\s*("[^">]*>[^"]*"|'[^'>]*>[^']*')`).MatchString(c.Text)
	})},
	{rule: "T3", kind: "xmlparser", matches: tagMatches(func(c *tagCase) bool {
		name := regexp.QuoteMeta(c.tagName())
		return regexp.MustCompile(`(?is)<` + name + `(\s[^>]*[^/])?>[^<]*<` + name + `(\s[^>]*)?/>`).MatchString(c.Text)
	})},
	{rule: "T4", kind: "xmlparser", matches: tagMatches(func(c *tagCase) bool { return hiddenByComment(c.Text, c.tagName()) })},
	{rule: "T4", kind: "plugin", cases: []string{"comment with close tag inside content"}},
	{rule: "T5", kind: "xmlparser", matches: tagMatches(func(c *tagCase) bool { return c.Op == "parseItemStructure" && mixedContent(c.Text) })},
}

func tagMatches(matches func(c *tagCase) bool) func(c *engineCase) bool {
	return func(c *engineCase) bool {
		var in tagCase
		return c.Kind == "xmlparser" && json.Unmarshal(c.raw, &in) == nil && matches(&in)
	}
}

func (c *tagCase) tagName() string {
	if c.Tag == "" {
		return "x" // of the texts in which an attribute is looked for
	}
	return c.Tag
}

func runTag(t *testing.T, c *engineCase) error {
	t.Helper()
	var in tagCase
	c.decode(t, &in)
	switch in.Op {
	case "parseItemStructure":
		children, err := result.Children(in.Text)
		if in.Expect.Error != nil || err != nil {
			return in.Expect.Error.compare(coded("INVALID_FORMAT", err))
		}
		return newComparison().items("child", in.Expect.Items, children)
	case "findAttribute":
		return in.attribute()
	}
	tags, err := tag.Find(in.Text, in.Tag)
	if in.Expect.Error != nil || err != nil {
		return in.Expect.Error.compare(err)
	}
	switch in.Op {
	case "parseTagMatches":
		return in.tags(tags)
	case "findTagValue":
		value := ""
		if len(tags) > 0 {
			value = tags[0].Content
		}
		return in.value(value, true)
	}
	return in.list(tags)
}

// coded gives an error the code that its caller gives it.
func coded(code workflow.Code, err error) error {
	if err == nil {
		return nil
	}
	return &workflow.Error{Code: code, Err: err}
}

func (c *tagCase) tags(got []tag.Tag) error {
	recorded := make([]recordedTag, len(got))
	for i, t := range got {
		recorded[i] = recordedTag{Outer: t.Outer, Content: t.Content, Start: t.Start, End: t.End, Attributes: map[string]string{}}
		for _, a := range t.Attributes {
			recorded[i].Attributes[a.Name] = a.Value
		}
	}
	if fmt.Sprint(recorded) != fmt.Sprint(c.Expect.Tags) {
		return fmt.Errorf("tags %+v, expected %+v", recorded, c.Expect.Tags)
	}
	return nil
}

// attribute reads the attribute of an opening tag, which needs a closing one
// here.
func (c *tagCase) attribute() error {
	name := regexp.MustCompile(`^<(\w*)`).FindStringSubmatch(c.Text)
	if name == nil {
		return c.value("", false)
	}
	tags, err := tag.Find(c.Text+"</"+name[1]+">", name[1])
	if err != nil || len(tags) == 0 {
		return c.value("", false)
	}
	return c.value(tags[0].Attribute(c.Attribute))
}

func (c *tagCase) value(got string, ok bool) error {
	want := c.Expect.Value
	if (want != nil) != ok || (ok && *want != got) {
		return fmt.Errorf("value %q (%t), expected %v", got, ok, want)
	}
	return nil
}

// list compares contents, or elements that are not empty.
func (c *tagCase) list(tags []tag.Tag) error {
	var got []string
	for _, t := range tags {
		switch {
		case c.Op == "findTagValues":
			got = append(got, t.Content)
		case t.Content == "":
		case c.Op == "findNoEmptyTags" || strings.HasPrefix(strings.TrimSpace(t.Content), "<"):
			got = append(got, t.Outer)
		}
	}
	if strings.Join(got, "\n") != strings.Join(c.Expect.List, "\n") {
		return fmt.Errorf("list %q, expected %q", got, c.Expect.List)
	}
	return nil
}

// closedByPrefix reports whether the original takes the closing tag of a longer
// name for that of an element of this name.
func closedByPrefix(text string) func(name string) bool {
	return func(name string) bool {
		lower, name := strings.ToLower(text), strings.ToLower(name)
		open := regexp.MustCompile(`<` + regexp.QuoteMeta(name) + `(\s[^>]*)?>`).FindStringIndex(lower)
		if open == nil {
			return false
		}
		_, rest, ok := strings.Cut(lower[open[1]:], "</"+name)
		return ok && rest != "" && !strings.ContainsRune(" \t\r\n>", rune(rest[0]))
	}
}

// hiddenByComment reports whether a comment within an element holds a tag of its
// name.
func hiddenByComment(text, name string) bool {
	quoted := regexp.QuoteMeta(name)
	return regexp.MustCompile(`(?is)<` + quoted + `(\s[^>]*)?>[^<]*<!--[^>]*</?` + quoted + `\b`).MatchString(text)
}

// mixedContent reports whether a child has a comment, a processing instruction
// or an empty element, or text that has to be escaped beside an element: its
// inner XML is no XML in the original.
func mixedContent(text string) bool {
	decoder := xml.NewDecoder(strings.NewReader(text))
	depth, escaped, nested, mixed, empty := 0, false, false, false, false
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return mixed
		}
		if err != nil {
			return false
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				escaped, nested = false, false
			}
			nested = nested || depth == 2
			empty = depth == 2
		case xml.EndElement:
			mixed = mixed || (depth == 2 && empty) || (depth == 1 && nested && escaped)
			depth--
			empty = false
		case xml.Comment, xml.ProcInst:
			mixed = mixed || depth == 1
			empty = false
		case xml.CharData:
			escaped = escaped || (depth == 1 && strings.ContainsAny(string(t), "<>&"))
			empty = false
		}
	}
}
