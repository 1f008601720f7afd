package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

// textCase is a recorded replacement of the tags in a text.
type textCase struct {
	Template   string
	Items      items
	Documents  map[string]items
	Properties map[string]string
	Locale     string
	Expect     struct {
		textOutcome
		Variants []textOutcome // any of them
	}
}

type textOutcome struct {
	Text  string
	Error *failure
}

var textDifferences = []difference{
	{rule: "I2", kind: "text", matches: textMatches(showsDecimal)},
	{rule: "T1", kind: "text", matches: textMatches(func(c *textCase) bool { return slices.ContainsFunc(textTags, closedByPrefix(c.Template)) })},
	{rule: "T2", kind: "text", matches: textMatches(func(c *textCase) bool { return quotedBracket.MatchString(c.Template) })},
	{rule: "T6", kind: "text", matches: textMatches(formatsPosition)},
	{rule: "T7", kind: "text", matches: textMatches(func(c *textCase) bool { return oldLoops.MatchString(c.Template) })},
	{rule: "T8", kind: "text", matches: textMatches(hyphenatedLocale)},
}

var (
	textTags = []string{"itemvalue", "propertyvalue", "filedata", "for-each-value", "for-each-child", "for-each-ref", "for-each"}

	// quotedBracket is a > in the value of an attribute.
	quotedBracket = regexp.MustCompile(`(?is)<(itemvalue|propertyvalue|filedata|for-each[a-z-]*)\s[^>]*=\s*("[^">]*>[^"]*"|'[^'>]*>[^']*')`)
	oldLoops      = regexp.MustCompile(`(?is)<for-each\s.*</for-each>.*<for-each\s`)
	valueTag      = regexp.MustCompile(`(?is)<itemvalue((?:\s[^>]*)?)>([^<]*)</itemvalue>`)
	attribute     = regexp.MustCompile(`(?is)([a-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))`)
)

func runText(t *testing.T, c *engineCase) error {
	t.Helper()
	var in textCase
	c.decode(t, &in)
	got, err := text.Adapt(t.Context(), in.Template, in.scope())
	outcomes := in.Expect.Variants
	if outcomes == nil {
		outcomes = []textOutcome{in.Expect.textOutcome}
	}
	var differs error
	for _, want := range outcomes {
		differs = want.compare(got, err)
		if differs == nil {
			return nil
		}
	}
	return differs
}

func (c *textCase) scope() *text.Scope {
	return &text.Scope{
		Items:    c.Items.clone(),
		Locale:   c.Locale,
		Property: func(key string) (string, bool) { v, ok := c.Properties[key]; return v, ok },
		Workitem: func(_ context.Context, id string) (workitem.Items, error) { return c.Documents[id].clone(), nil },
	}
}

func (o textOutcome) compare(got string, err error) error {
	if o.Error != nil || err != nil {
		return o.Error.compare(err)
	}
	if got != o.Text {
		return fmt.Errorf("text %q, expected %q", got, o.Text)
	}
	return nil
}

func textMatches(matches func(c *textCase) bool) func(c *engineCase) bool {
	return func(c *engineCase) bool {
		var in textCase
		return c.Kind == "text" && json.Unmarshal(c.raw, &in) == nil && matches(&in)
	}
}

// valueTags returns the attributes and the item values of each <itemvalue>.
func (c *textCase) valueTags() (found []shownValues) {
	for _, m := range valueTag.FindAllStringSubmatch(c.Template, -1) {
		s := shownValues{attributes: map[string]string{}, values: c.Items.clone().Values(m[2])}
		for _, a := range attribute.FindAllStringSubmatch(m[1], -1) {
			s.attributes[strings.ToLower(a[1])] = a[2] + a[3] + a[4]
		}
		found = append(found, s)
	}
	return found
}

type shownValues struct {
	attributes map[string]string
	values     []any
}

// showsDecimal reports whether a decimal with more digits than a double has is
// shown as it is.
func showsDecimal(c *textCase) bool {
	return slices.ContainsFunc(c.valueTags(), func(s shownValues) bool {
		return !strings.Contains(s.attributes["format"], "#") &&
			slices.ContainsFunc(s.values, func(v any) bool { n, ok := v.(float64); return ok && (n >= 1e17 || n <= -1e17) })
	})
}

// formatsPosition reports whether a value that a position picks is a date, or is
// formatted, or ends with the separator.
func formatsPosition(c *textCase) bool {
	return slices.ContainsFunc(c.valueTags(), func(s shownValues) bool {
		if s.attributes["position"] == "" || len(s.values) == 0 {
			return false
		}
		value := s.values[0]
		if strings.EqualFold(s.attributes["position"], "last") {
			value = s.values[len(s.values)-1]
		}
		if _, ok := value.(time.Time); ok || strings.Contains(s.attributes["format"], "#") {
			return true
		}
		separator := s.attributes["separator"]
		return separator != "" && strings.HasSuffix(workitem.FormatValue(value), separator)
	})
}

// hyphenatedLocale reports whether a date or number is shown in a language other
// than English that is written with a hyphen.
func hyphenatedLocale(c *textCase) bool {
	return slices.ContainsFunc(c.valueTags(), func(s shownValues) bool {
		language, _, ok := strings.Cut(s.attributes["locale"], "-")
		if !ok || len(s.values) == 0 {
			return false
		}
		_, date := s.values[0].(time.Time)
		return date || !strings.EqualFold(language, "en")
	})
}
