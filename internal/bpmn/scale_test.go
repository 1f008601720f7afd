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

// patience is how long the largest files may take: they must not be a way to
// keep a server busy. What they take here is a tenth of it.
const patience = 10 * time.Second

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

func TestLargeModels(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for name, c := range map[string]struct {
		build func(*large)
		want  string // a code, or an error; "" for none
	}{
		"tasks in a chain": {func(l *large) { l.chain(n) }, ""},
		"one task, many events": {func(l *large) {
			l.node("task", "t", 1)
			for i := range n {
				l.node("intermediateCatchEvent", name("e", i), i+1)
				l.flow("t", name("e", i))
				l.flow(name("e", i), "t")
			}
		}, ""},
		"events in a chain": {func(l *large) {
			l.node("task", "t", 1)
			l.row("intermediateCatchEvent", "t", "t", n, 1)
		}, ""},
		"gateways in a chain": {func(l *large) {
			l.node("task", "t", 1)
			l.node("intermediateCatchEvent", "e", 1)
			l.flow("t", "e")
			l.row("exclusiveGateway", "e", "t", n, 0)
		}, string(bpmn.FlowTooLong)},
		"gateways in a circle": {func(l *large) {
			l.node("task", "t", 1)
			l.node("intermediateCatchEvent", "e", 1)
			l.flow("t", "e")
			l.row("exclusiveGateway", "e", "exclusiveGateway0", n, 0)
			for i := range n {
				l.flow(name("exclusiveGateway", i), "exclusiveGateway0")
			}
		}, string(bpmn.GatewayCycle)},
		"everything leads to one gateway, and from there everywhere": {func(l *large) {
			l.node("exclusiveGateway", "g", 0)
			for i := range n {
				l.node("task", name("t", i), i+1)
				l.node("intermediateCatchEvent", name("e", i), i+1)
				l.flow(name("t", i), "g")
				l.flow("g", name("e", i))
				l.flow(name("e", i), name("t", i))
			}
		}, string(bpmn.ModelLimit)},
		"one event in front of every task": {func(l *large) {
			l.row("intermediateCatchEvent", "intermediateCatchEvent0", "intermediateCatchEvent0", n/2, 1)
			for i := range n / 2 {
				l.node("task", name("t", i), i+1)
				l.flow(name("intermediateCatchEvent", n/2-1), name("t", i))
			}
		}, string(bpmn.ModelLimit)},
		"too many elements": {func(l *large) {
			for i := range 6 * n {
				l.node("task", name("t", i), i+1)
			}
		}, string(bpmn.ModelLimit)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &large{}
			l.WriteString(begin)
			c.build(l)
			l.WriteString(`</process></definitions>`)
			began := time.Now()
			codes := lint(t, l.String())
			require.Less(t, time.Since(began), patience)
			if c.want == "" {
				require.Empty(t, codes)
			} else {
				require.Contains(t, codes, c.want)
			}
			t.Log(l.Len()>>10, "KiB", time.Since(began))
		})
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
	var codes []string
	for _, p := range m.Check(nil) {
		codes = append(codes, string(p.Code))
	}
	for _, e := range m.Events() {
		next, err := e.Next(func(*bpmn.Flow) (bool, error) { return true, nil })
		if err == nil && next.Gateway != nil {
			_, _ = next.Gateway.Branches()
		}
	}
	return codes
}
