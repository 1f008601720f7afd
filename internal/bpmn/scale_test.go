package bpmn_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

// A walk must end on every graph, also on one that branches at each step.
func TestNavigationEndsOnEveryGraph(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2"><process id="p">
		<intermediateCatchEvent id="start" imixs:activityid="1"/>`)
	const steps = 60
	last := "start"
	for i := range steps {
		n := string(rune('A'+i%26)) + strings.Repeat("x", i)
		for _, id := range []string{n, n + "1", n + "2"} {
			b.WriteString(`<task id="` + id + `"/>`)
		}
		for _, f := range [][2]string{{last, n + "1"}, {last, n + "2"}, {n + "1", n}, {n + "2", n}} {
			b.WriteString(`<sequenceFlow id="` + f[0] + f[1] + `" sourceRef="` + f[0] + `" targetRef="` + f[1] + `"/>`)
		}
		last = n
	}
	b.WriteString(`</process></definitions>`)
	m, err := bpmn.Parse("diamonds", strings.NewReader(b.String()))
	require.NoError(t, err)
	next, err := m.EventByElement("start").Next(func(*bpmn.Flow) (bool, error) { return true, nil })
	require.NoError(t, err)
	require.Equal(t, bpmn.Next{}, next)
}

// requireLinear runs both, of which the second has four times as much to do, and
// compares the shortest times of some tries. If the time grew with the square it
// would be 16 times as long. Nothing else may run meanwhile.
func requireLinear(t *testing.T, what string, small, large func()) {
	t.Helper()
	const most = 12
	const grain = time.Millisecond // shorter times are those of the runtime
	short, long := time.Hour, time.Hour
	for range 10 {
		began := spent(t)
		small()
		half := spent(t)
		large()
		short, long = min(short, half-began), min(long, spent(t)-half)
		if long < most*max(short, grain) {
			t.Log(what, short, long)
			return
		}
	}
	require.Fail(t, "grows too fast", "%s takes %s, and %s for four times as much", what, short, long)
}

const begin = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2">` +
	`<extensionElements><imixs:item name="txtworkflowmodelversion"><imixs:value>large-1.0</imixs:value></imixs:item></extensionElements>` +
	`<process id="p" name="Large">`

// large builds a process.
type large struct{ strings.Builder }

func (l *large) node(kind, id string, number int) {
	attribute := "imixs:activityid"
	if kind == "task" {
		attribute = "imixs:processid"
	}
	if number > 0 {
		fmt.Fprintf(l, `<%s id="%s" name="%s" %s="%d"/>`, kind, id, id, attribute, number)
	} else {
		fmt.Fprintf(l, `<%s id="%s"/>`, kind, id)
	}
	l.WriteByte('\n')
}

func (l *large) flow(source, target string) {
	fmt.Fprintf(l, `<sequenceFlow id="%s-%s" sourceRef="%s" targetRef="%s"/>`, source, target, source, target)
	l.WriteByte('\n')
}

func name(kind string, i int) string { return fmt.Sprintf("%s%d", kind, i) }

// chain is a process of tasks, each with an event that leads to the next.
func (l *large) chain(tasks int) {
	for i := range tasks {
		l.node("task", name("t", i), i+1)
		if i > 0 {
			l.flow(name("e", i-1), name("t", i))
		}
		if i < tasks-1 {
			l.node("intermediateCatchEvent", name("e", i), 1)
			l.flow(name("t", i), name("e", i))
		}
	}
}

// row is a row of elements that lead to each other, between two others.
func (l *large) row(kind, from, to string, length, number int) {
	last := from
	for i := range length {
		id := name(kind, i)
		n := 0
		if number > 0 {
			n = number + i
		}
		l.node(kind, id, n)
		l.flow(last, id)
		last = id
	}
	l.flow(last, to)
}

// What is looked at takes time in proportion to the file, so that no file keeps a
// server busy.
func TestLargeModels(t *testing.T) { //nolint:paralleltest // it measures times
	for name, c := range map[string]struct {
		build func(l *large, n int)
		want  string // a code, "" for none
	}{
		"tasks in a chain": {(*large).chain, ""},
		"one task, many events": {func(l *large, n int) {
			l.node("task", "t", 1)
			for i := range n {
				l.node("intermediateCatchEvent", name("e", i), i+1)
				l.flow("t", name("e", i))
				l.flow(name("e", i), "t")
			}
		}, ""},
		"one task, many boundary events": {func(l *large, n int) {
			l.node("task", "t", 1)
			l.node("intermediateCatchEvent", "e", 1)
			l.flow("e", "t")
			for i := range n {
				fmt.Fprintf(l, `<boundaryEvent id="b%d" attachedToRef="t">%s</boundaryEvent>`, i, timed("timeDuration", fmt.Sprint(i)))
				l.flow(name("b", i), "e")
			}
		}, string(bpmn.BoundaryLoop)},
		"events in a chain": {func(l *large, n int) {
			l.node("task", "t", 1)
			l.row("intermediateCatchEvent", "t", "t", n, 1)
		}, ""},
		"gateways in a chain": {func(l *large, n int) {
			l.node("task", "t", 1)
			l.node("intermediateCatchEvent", "e", 1)
			l.flow("t", "e")
			l.row("exclusiveGateway", "e", "t", n, 0)
		}, string(bpmn.FlowTooLong)},
		"gateways in a circle": {func(l *large, n int) {
			l.node("task", "t", 1)
			l.node("intermediateCatchEvent", "e", 1)
			l.flow("t", "e")
			l.row("exclusiveGateway", "e", "exclusiveGateway0", n, 0)
			for i := range n {
				l.flow(name("exclusiveGateway", i), "exclusiveGateway0")
			}
		}, string(bpmn.GatewayCycle)},
	} {
		t.Run(name, func(t *testing.T) { //nolint:paralleltest // as above
			const n = 600
			small, large := process(c.build, n), process(c.build, 4*n)
			var less, more *bpmn.Model
			requireLinear(t, "parsing", func() { less = read(t, small) }, func() { more = read(t, large) })
			var problems []bpmn.Problem
			requireLinear(t, "checking", func() { less.Check(nil) }, func() { problems = more.Check(nil) })
			requireLinear(t, "following", func() { follow(less) }, func() { follow(more) })
			if c.want == "" {
				require.Empty(t, problems)
			} else {
				require.Contains(t, codes(problems), c.want)
			}
		})
	}
}

// So do the values of the definitions, of which none is kept twice.
func TestManyDefinitionValues(t *testing.T) { //nolint:paralleltest // it measures times
	file := func(n int) string {
		var b strings.Builder
		b.WriteString(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2"><extensionElements><imixs:item name="txtfieldmapping">`)
		for i := range n {
			fmt.Fprintf(&b, `<imixs:value>Label %d|item%d</imixs:value>`, i, i)
		}
		b.WriteString(`<imixs:value>Label|item0</imixs:value></imixs:item></extensionElements><process id="p"/></definitions>`)
		return b.String()
	}
	const n = 10_000
	small, large := file(n), file(4*n)
	requireLinear(t, "parsing", func() { read(t, small) }, func() { require.Len(t, read(t, large).Items["txtfieldmapping"], 4*n) })
}

// Where everything leads to everything, the search is given up after so many
// steps.
func TestEntangledModels(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(l *large, n int){
		"everything leads to one gateway, and from there everywhere": func(l *large, n int) {
			l.node("exclusiveGateway", "g", 0)
			for i := range n {
				l.node("task", name("t", i), i+1)
				l.node("intermediateCatchEvent", name("e", i), i+1)
				l.flow(name("t", i), "g")
				l.flow("g", name("e", i))
				l.flow(name("e", i), name("t", i))
			}
		},
		"one event in front of every task": func(l *large, n int) {
			l.row("intermediateCatchEvent", "intermediateCatchEvent0", "intermediateCatchEvent0", n, 1)
			for i := range n {
				l.node("task", name("t", i), i+1)
				l.flow(name("intermediateCatchEvent", n-1), name("t", i))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, []string{string(bpmn.ModelLimit)}, lint(t, process(build, 1100)))
		})
	}
}

// process returns a model of a size.
func process(build func(*large, int), n int) string {
	l := &large{}
	l.WriteString(begin)
	build(l, n)
	l.WriteString(`</process></definitions>`)
	return l.String()
}

func read(t *testing.T, text string) *bpmn.Model {
	t.Helper()
	m, err := bpmn.Parse("model.bpmn", strings.NewReader(text))
	require.NoError(t, err)
	return m
}

// follow navigates from every event.
func follow(m *bpmn.Model) {
	for _, e := range m.Events() {
		next, err := e.Next(func(*bpmn.Flow) (bool, error) { return true, nil })
		if err == nil && next.Gateway != nil {
			_, _ = next.Gateway.Branches()
		}
	}
}

// lint returns the codes of a model, also of one that is none.
func lint(t *testing.T, text string) []string {
	t.Helper()
	m, err := bpmn.Parse("model.bpmn", strings.NewReader(text))
	var unread *bpmn.ParseError
	if err != nil {
		require.ErrorAs(t, err, &unread)
		return []string{string(unread.Code)}
	}
	return codes(m.Check(nil))
}

func codes(problems []bpmn.Problem) []string {
	list := make([]string, len(problems))
	for i, p := range problems {
		list[i] = string(p.Code)
	}
	return list
}
