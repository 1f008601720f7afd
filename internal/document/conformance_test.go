package document_test

import (
	"fmt"
	"os"
	"testing"
)

// runner runs a case and returns how the result differs from the recorded one,
// nil if it does not.
type runner func(t *testing.T, c *engineCase) error

func TestRecordedXML(t *testing.T) {
	t.Parallel()
	runCases(t, readCases(t, "xml.json"), runXML, xmlDifferences)
}

func TestRecordedJSON(t *testing.T) {
	t.Parallel()
	runCases(t, readCases(t, "json.json"), runJSON, jsonDifferences)
}

// runCases judges every case: it holds, or differs by exactly one rule.
func runCases(t *testing.T, cases []*engineCase, run runner, differences []difference) {
	t.Helper()
	held, differing, failing := 0, 0, 0
	for _, c := range cases {
		rules, mayHold := rulesOf(c, differences)
		err := run(t, c)
		switch {
		case len(rules) > 1:
			t.Errorf("%s: %s is covered by the rules %v", c.file, c.Name, rules)
			failing++
		case err == nil && (len(rules) == 0 || mayHold):
			held++
		case err == nil:
			t.Errorf("%s: %s holds, but by rule %s it should differ", c.file, c.Name, rules[0])
			failing++
		case len(rules) == 0:
			t.Errorf("%s: %s: %v\ncase: %s", c.file, c.Name, err, c.raw)
			failing++
		default:
			t.Logf("%s differs by rule %s: %v", c.Name, rules[0], err)
			differing++
		}
	}
	fmt.Fprintf(os.Stdout, "%-14s %4d held, %d differing by intention, %d failing\n", cases[0].Kind, held, differing, failing)
}

func rulesOf(c *engineCase, differences []difference) (rules []string, mayHold bool) {
	for _, d := range differences {
		if d.covers(c) {
			rules = append(rules, d.rule)
			mayHold = mayHold || d.mayHold
		}
	}
	return rules, mayHold
}
