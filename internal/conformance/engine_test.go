package conformance_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// runner runs a case and returns how the result differs from the recorded one,
// nil if it does not. It may fail the test only for a fault of the test itself.
type runner func(t *testing.T, c *engineCase) error

type kind struct {
	name string
	run  runner
}

// kinds says what runs the cases of a kind. The order is that of the summary.
var kinds = []kind{
	{name: "item", run: runItem},
	{name: "condition", run: runCondition},
	{name: "rule", run: runRule},
	{name: "text", run: runText},
	{name: "xmlparser", run: runTag},
	{name: "evalResult", run: runEvalResult},
	{name: "evalResultXML", run: runEvalResultXML},
	{name: "plugin", run: runPlugin},
	{name: "process", run: runProcess},
	{name: "xml", run: runXML},
	{name: "json", run: runJSON},
}

// engineCase is one recorded case. Its inputs and expectations depend on the
// kind: the runner decodes them.
type engineCase struct {
	Name string
	Kind string
	file string // without its folder
	raw  json.RawMessage
}

// decode reads the whole case into a struct of the runner, whose members of
// type [items] and [value] may be tagged.
func (c *engineCase) decode(t *testing.T, into any) {
	t.Helper()
	require.NoError(t, c.into(into), "%s: %s", c.file, c.Name)
}

// into is decode for predicates of differences.
func (c *engineCase) into(v any) error { return json.Unmarshal(c.raw, v) }

// folder is where the recordings of the engine are.
func folder() string {
	root := cmp.Or(os.Getenv("POSTLUDE_CONFORMANCE"), filepath.Join("..", "..", "..", "shared", "conformance"))
	return filepath.Join(root, "engine")
}

// readCases returns all recorded cases. It skips the test where there are none.
func readCases(t *testing.T) []*engineCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder(), "*.json"))
	require.NoError(t, err)
	if len(files) == 0 {
		reason := fmt.Sprintf("no recorded cases in %s; POSTLUDE_CONFORMANCE names another folder", folder())
		fmt.Fprintln(os.Stdout, reason)
		t.Skip(reason)
	}
	var cases []*engineCase
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var raw []json.RawMessage
		require.NoError(t, json.Unmarshal(data, &raw), file)
		for _, r := range raw {
			c := &engineCase{file: filepath.Base(file), raw: r}
			c.decode(t, c)
			cases = append(cases, c)
		}
	}
	return cases
}

// TestEngine runs every recorded case and prints a line per kind.
func TestEngine(t *testing.T) {
	t.Parallel()
	cases := readCases(t)
	var sum summary
	t.Cleanup(func() { sum.print(len(cases)) })
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range cases {
				if c.Kind != kind.name {
					continue
				}
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					v := failing // also if the test is given up
					defer func() { sum.add(c.Kind, v) }()
					v = judge(t, c, guarded(t, c, kind.run))
				})
			}
		})
	}
}

// errCrash is a panic of what a case runs. No rule allows it.
var errCrash = errors.New("crash")

// guarded makes a crash an error of its case.
func guarded(t *testing.T, c *engineCase, run runner) (err error) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v\n%s", errCrash, r, debug.Stack())
		}
	}()
	return run(t, c)
}

type verdict int

const (
	failing verdict = iota
	held
	differing
)

func judge(t *testing.T, c *engineCase, err error) verdict {
	t.Helper()
	d := differenceOf(c)
	switch {
	case errors.Is(err, errCrash):
		t.Errorf("%s: %v\ncase: %s", c.file, err, c.raw)
		return failing
	case err == nil && (d == nil || d.mayHold()):
		return held
	case err == nil:
		t.Errorf("%s: the case holds, but by rule %s it should differ", c.file, d.rule)
		return failing
	case d == nil:
		t.Errorf("%s: %v\ncase: %s", c.file, err, c.raw)
		return failing
	}
	t.Logf("differs by rule %s: %v", d.rule, err)
	return differing
}

// summary counts verdicts. It may be used by any number of goroutines.
type summary struct {
	mu     sync.Mutex
	counts map[string]map[verdict]int
}

func (s *summary) add(kind string, v verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts = map[string]map[verdict]int{}
	}
	if s.counts[kind] == nil {
		s.counts[kind] = map[verdict]int{}
	}
	s.counts[kind][v]++
}

// print writes a line per kind, and one for all of them.
func (s *summary) print(recorded int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	total := map[verdict]int{}
	for _, kind := range kinds {
		count := s.counts[kind.name]
		for v, n := range count {
			total[v] += n
		}
		fmt.Fprintf(&b, "%-14s %4d held, %d differing by intention, %d failing\n", kind.name, count[held], count[differing], count[failing])
	}
	fmt.Fprintf(&b, "%-14s %4d held, %d differing by intention, %d failing (of %d)\n",
		"total", total[held], total[differing], total[failing], recorded)
	fmt.Fprint(os.Stdout, b.String())
}

func TestEveryKindIsRun(t *testing.T) {
	t.Parallel()
	for _, c := range readCases(t) {
		run := slices.ContainsFunc(kinds, func(k kind) bool { return k.name == c.Kind })
		require.True(t, run, "%s: kind %q", c.file, c.Kind)
	}
}
