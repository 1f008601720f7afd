package workflow_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow"
)

// known are the extensions that the models in testdata/bad may name.
func known() workflow.Known {
	plugins := map[string]bool{}
	for _, class := range []string{"ResultPlugin", "RulePlugin", "SplitAndJoinPlugin", "EventLogPlugin", "HistoryPlugin", "ApplicationPlugin"} {
		plugins["org.imixs.workflow.engine.plugins."+class] = true
	}
	return workflow.KnownIn(plugins, map[string]bool{"com.example.Known": true})
}

// lint returns the problems of a model, also of one that is none.
func lint(t *testing.T, name string, source []byte, k workflow.Known) []bpmn.Problem {
	t.Helper()
	m, err := bpmn.Parse(name, bytes.NewReader(source))
	var unread *bpmn.ParseError
	if err != nil {
		require.ErrorAs(t, err, &unread)
		return []bpmn.Problem{unread.Problem()}
	}
	return workflow.Prepare(m).Check(k)
}

// badModels returns the models of the corpus: those in the folder, and some that
// are too large to keep.
func badModels(t *testing.T) map[string][]byte {
	t.Helper()
	models := map[string][]byte{
		"flow-too-long":    manyGateways(1200, true),
		"model-limit":      manyGateways(100_001, false),
		"check-incomplete": manyStarts(4000),
	}
	files, err := filepath.Glob("testdata/bad/*.bpmn")
	require.NoError(t, err)
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		models[strings.TrimSuffix(filepath.Base(file), ".bpmn")] = source
	}
	return models
}

// manyGateways is a model with a row of gateways between an event and a task.
func manyGateways(n int, connected bool) []byte {
	var b bytes.Buffer
	b.WriteString(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2">
<extensionElements><imixs:item name="txtworkflowmodelversion"><imixs:value>bad-1.0</imixs:value></imixs:item></extensionElements>
<process id="process" name="Bad">
<task id="open" imixs:processid="100"/>
<intermediateCatchEvent id="submit" imixs:activityid="10"/>
<sequenceFlow id="first" sourceRef="open" targetRef="submit"/>
`)
	last := "submit"
	for i := range n {
		fmt.Fprintf(&b, "<exclusiveGateway id=\"g%d\"/>\n", i)
		if connected {
			fmt.Fprintf(&b, "<sequenceFlow id=\"f%d\" sourceRef=\"%s\" targetRef=\"g%d\"/>\n", i, last, i)
			last = fmt.Sprintf("g%d", i)
		}
	}
	fmt.Fprintf(&b, "<sequenceFlow id=\"last\" sourceRef=\"%s\" targetRef=\"open\"/>\n</process></definitions>\n", last)
	return b.Bytes()
}

// manyStarts is a model with as many start events as there are elements between
// them and a task.
func manyStarts(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2">
<extensionElements><imixs:item name="txtworkflowmodelversion"><imixs:value>bad-1.0</imixs:value></imixs:item></extensionElements>
<process id="process" name="Bad">
<task id="open" imixs:processid="100"/>
<intermediateCatchEvent id="submit" imixs:activityid="10"/>
<sequenceFlow id="ahead" sourceRef="open" targetRef="submit"/>
<sequenceFlow id="back" sourceRef="submit" targetRef="open"/>
`)
	for i := range n {
		fmt.Fprintf(&b, "<startEvent id=\"s%d\"/><intermediateThrowEvent id=\"t%d\"/>\n", i, i)
		fmt.Fprintf(&b, "<sequenceFlow id=\"f%d\" sourceRef=\"s%d\" targetRef=\"t0\"/>\n", i, i)
		fmt.Fprintf(&b, "<sequenceFlow id=\"g%d\" sourceRef=\"t%d\" targetRef=\"t%d\"/>\n", i, i, i+1)
	}
	fmt.Fprintf(&b, "<task id=\"t%d\" imixs:processid=\"200\"/>\n</process></definitions>\n", n)
	return b.Bytes()
}

// codeIn returns the code that the name of a bad model begins with.
func codeIn(t *testing.T, name string) bpmn.Code {
	t.Helper()
	var found bpmn.Code
	for _, e := range bpmn.Catalogue() {
		if strings.HasPrefix(name, string(e.Code)) && len(e.Code) > len(found) {
			found = e.Code
		}
	}
	return found
}

func codes(problems []bpmn.Problem) []bpmn.Code {
	list := make([]bpmn.Code, len(problems))
	for i, p := range problems {
		list[i] = p.Code
	}
	return list
}

// Each model of the corpus has one fault, which is its name. What is said about
// it is in the golden file beside it.
func TestBadModels(t *testing.T) {
	t.Parallel()
	models := badModels(t)
	require.Greater(t, len(models), 30)
	for name, source := range models {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := lint(t, name+".bpmn", source, known())
			var lines strings.Builder
			for _, p := range problems {
				lines.WriteString(p.String() + "\n")
			}
			got := lines.String()
			file := filepath.Join("testdata", "bad", name+".golden")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
			require.Contains(t, codes(problems), codeIn(t, name), "the name says which")
		})
	}
}

// The documentation has every code, with what the corpus says about it; and the
// corpus has every code.
func TestEveryCodeIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/lint.md")
	require.NoError(t, err)
	text := strings.Join(strings.Fields(string(page)), " ")
	corpus := map[bpmn.Code][]string{}
	files, err := filepath.Glob("testdata/bad/*.golden")
	require.NoError(t, err)
	for _, file := range files {
		lines, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.SplitSeq(strings.TrimSpace(string(lines)), "\n") {
			_, rest, _ := strings.Cut(line, "[")
			code, _, _ := strings.Cut(rest, "]")
			corpus[bpmn.Code(code)] = append(corpus[bpmn.Code(code)], line)
		}
	}
	for _, e := range bpmn.Catalogue() {
		require.NotEmpty(t, corpus[e.Code], "a bad model for %s", e.Code)
		begin := fmt.Sprintf("### %s (%s) %s ", e.Code, e.Severity, e.Text)
		_, section, ok := strings.Cut(text, begin)
		require.True(t, ok, "docs/lint.md has no %q", begin)
		section, _, _ = strings.Cut(section, " ## ")
		section, _, _ = strings.Cut(section, " ### ")
		require.True(t, slices.ContainsFunc(corpus[e.Code], func(line string) bool { return strings.HasSuffix(section, line) }),
			"the example of %s is none of %q", e.Code, corpus[e.Code])
		delete(corpus, e.Code)
	}
	require.Empty(t, corpus, "codes that are not in the catalogue")
}

func TestCheckIgnoresUnknownPlugins(t *testing.T) {
	t.Parallel()
	k := known()
	k.IgnoreUnknown = true
	models := badModels(t)
	for _, name := range []string{"plugin-unknown", "adapter-unknown"} {
		problems := lint(t, name, models[name], k)
		require.Len(t, problems, 1)
		require.Equal(t, bpmn.Warning, problems[0].Severity)
	}
}

// The zero Known knows nothing: what Imixs has is missing, the rest unheard of.
func TestCheckWithoutExtensions(t *testing.T) {
	t.Parallel()
	models := badModels(t)
	require.Contains(t, codes(lint(t, "", models["rule-invalid"], workflow.Known{})), bpmn.PluginUnsupported)
	require.Contains(t, codes(lint(t, "", models["adapter-ignored"], workflow.Known{})), bpmn.AdapterUnknown)
}

// An event with a model switch goes on elsewhere: nobody follows its flows.
func TestCheckOfAnEventThatLeaves(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("testdata/bad/model-switch-invalid.bpmn")
	require.NoError(t, err)
	text := strings.ReplaceAll(string(source), "</version></model>", "</version><event>10</event></model>")
	require.Empty(t, lint(t, "", []byte(text), known()))
	loose := strings.ReplaceAll(text, `sourceRef="submit"`, `sourceRef="close"`)
	require.NotContains(t, codes(lint(t, "", []byte(loose), known())), bpmn.EventDeadEnd)
}

// A condition may be prose where nobody evaluates it.
func TestCheckOfConditionsThatNobodyAsks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flow string // the one with the condition
		want bool
	}{
		"a task to a gateway":           {"open-ahead", false},
		"a gateway behind a task":       {"ahead-submit", false},
		"an event to a gateway":         {"submit-choice", false},
		"a gateway behind an event":     {"choice-closed", true},
		"a gateway to a fork":           {"choice-fork", true},
		"a fork to a task":              {"fork-open", false},
		"a fork to an event":            {"fork-copy", true},
		"a fork to a gateway":           {"fork-later", false},
		"a gateway behind a fork":       {"later-note", false},
		"a gateway that nobody gets to": {"lost-closed", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			b.WriteString(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2"><process id="p" name="P">
				<task id="open" imixs:processid="100"/><task id="closed" imixs:processid="200"/>
				<exclusiveGateway id="ahead"/><exclusiveGateway id="choice"/><exclusiveGateway id="later"/><exclusiveGateway id="lost"/><parallelGateway id="fork"/>
				<intermediateCatchEvent id="submit" imixs:activityid="10"/><intermediateCatchEvent id="copy" imixs:activityid="20"/>
				<intermediateCatchEvent id="note" imixs:activityid="30"/>`)
			for flow := range strings.FieldsSeq("open-ahead ahead-submit submit-choice choice-closed choice-fork fork-open fork-copy fork-later later-note copy-closed note-closed lost-closed") {
				from, to, _ := strings.Cut(flow, "-")
				fmt.Fprintf(&b, `<sequenceFlow id="%s" sourceRef="%s" targetRef="%s">`, flow, from, to)
				if flow == c.flow {
					b.WriteString(`<conditionExpression>only if the boss agrees</conditionExpression>`)
				}
				b.WriteString(`</sequenceFlow>`)
			}
			b.WriteString(`</process></definitions>`)
			found := codes(lint(t, name, []byte(b.String()), known()))
			require.Equal(t, c.want, slices.Contains(found, bpmn.ConditionInvalid), found)
		})
	}
}

// Nothing that people run may be refused: only the models of the original that
// are wrong on purpose are.
func TestCheckAcceptsModelsOfTheOriginal(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("POSTLUDE_CONFORMANCE")
	if dir == "" {
		dir = "../../../shared/conformance"
	}
	files, err := filepath.Glob(filepath.Join(dir, "models", "imixs__*.bpmn"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("no models of the original in " + dir)
	}
	for _, file := range files {
		if strings.Contains(file, "invalid") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, p := range lint(t, filepath.Base(file), source, known()) {
			require.NotEqual(t, bpmn.Error, p.Severity, "%s", p)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	source, err := os.ReadFile("../../examples/ticket.bpmn")
	require.NoError(b, err)
	m, err := bpmn.Parse("ticket.bpmn", bytes.NewReader(source))
	require.NoError(b, err)
	prepared := workflow.Prepare(m)
	b.ReportAllocs()
	for b.Loop() {
		if problems := prepared.Check(known()); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
