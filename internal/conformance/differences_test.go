package conformance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// difference is a rule of docs/compatibility.md and the recorded cases that do
// not hold because of it.
type difference struct {
	rule    string // of a heading "### C1. …" there
	kind    string
	cases   []string                 // names, exactly: these do differ
	matches func(c *engineCase) bool // in place of names: these may differ
	always  bool                     // what matches does differ
}

func (d difference) covers(c *engineCase) bool {
	return d.kind == c.Kind && (slices.Contains(d.cases, c.Name) || (d.matches != nil && d.matches(c)))
}

// mayHold reports whether a case that is covered may hold all the same.
func (d difference) mayHold() bool { return d.matches != nil && !d.always }

// differences stand beside the runners of their kinds.
var differences = slices.Concat(
	itemDifferences, conditionDifferences, ruleDifferences,
	textDifferences, tagDifferences, resultDifferences,
	pluginDifferences, processDifferences,
	xmlDifferences, jsonDifferences,
)

// differenceOf returns the rule by which a case differs, nil if it has to hold.
func differenceOf(c *engineCase) *difference {
	for i := range differences {
		if differences[i].covers(c) {
			return &differences[i]
		}
	}
	return nil
}

func TestEveryDifferenceIsARuleInTheDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "compatibility.md"))
	require.NoError(t, err)
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^### ([A-Z]+[0-9]+)\. `).FindAllSubmatch(text, -1) {
		require.False(t, known[string(m[1])], "rule %s is there twice", m[1])
		known[string(m[1])] = true
	}
	for _, d := range differences {
		require.True(t, known[d.rule], "rule %s has no heading in docs/compatibility.md", d.rule)
	}
}

// A name that no case has any more would go unnoticed. A predicate may be about
// cases that are not among the recorded ones.
// Other recordings than ours may lack a case that is listed here by its name.
func TestEveryListedCaseIsThere(t *testing.T) {
	t.Parallel()
	if os.Getenv("POSTLUDE_CONFORMANCE") != "" {
		return
	}
	cases := readCases(t)
	for _, d := range differences {
		for _, name := range d.cases {
			require.True(t, slices.ContainsFunc(cases, func(c *engineCase) bool { return c.Kind == d.kind && c.Name == name }),
				"rule %s: no case %q of kind %s", d.rule, name, d.kind)
		}
	}
}

func TestNoCaseIsCoveredTwice(t *testing.T) {
	t.Parallel()
	for _, c := range readCases(t) {
		var rules []string
		for _, d := range differences {
			if d.covers(c) {
				rules = append(rules, d.rule)
			}
		}
		require.LessOrEqual(t, len(rules), 1, "%s is covered by %v", c.Name, rules)
	}
}
