package bpmn_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

func TestTasksWithoutExit(t *testing.T) {
	t.Parallel()
	const loop = "start-open open-submit submit-closed closed-comment comment-closed "
	for name, c := range map[string]struct {
		flows string
		want  bool
	}{
		"its event leads back":           {loop, true},
		"behind a gateway":               {loop + "comment-g g-closed", true},
		"two events":                     {loop + "closed-other other-closed", true},
		"a chain of events":              {loop + "comment-other other-closed", true},
		"a boundary event leads back":    {loop + "b-remind remind-closed", true},
		"a flow to an end":               {loop + "closed-end", false},
		"a gateway and an end":           {loop + "closed-g g-end", false},
		"an event in front of an end":    {loop + "comment-g g-end", false},
		"one event leads away":           {loop + "closed-other other-open", false},
		"a gateway leads away":           {loop + "comment-g g-closed g-open", false},
		"a boundary event leads away":    {loop + "b-remind remind-open", false},
		"no events":                      {"start-open open-submit submit-closed", false},
		"an event that leads nowhere":    {"start-open open-submit submit-closed closed-comment", false},
		"only the event that creates it": {"start-open open-submit submit-closed comment-closed", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &large{}
			l.WriteString(begin)
			l.node("startEvent", "start", 0)
			l.node("task", "open", 100)
			l.node("task", "closed", 200)
			for i, id := range []string{"submit", "comment", "other", "remind"} {
				l.node("intermediateCatchEvent", id, 10*(i+1))
			}
			l.WriteString(`<boundaryEvent id="b" attachedToRef="closed">` + timed("timeDuration", "PT1H") + `</boundaryEvent>`)
			l.node("exclusiveGateway", "g", 0)
			l.node("endEvent", "end", 0)
			for flow := range strings.FieldsSeq(c.flows) {
				from, to, _ := strings.Cut(flow, "-")
				l.flow(from, to)
			}
			l.WriteString(`</process></definitions>`)
			m := read(t, l.String())
			found := codes(m.Check(nil))
			if !c.want {
				require.NotContains(t, found, string(bpmn.TaskWithoutExit))
				return
			}
			require.Contains(t, found, string(bpmn.TaskWithoutExit))
			leaves := m.Check(func(e *bpmn.Event) bool { return e.Name == "comment" })
			require.NotContains(t, codes(leaves), string(bpmn.TaskWithoutExit), "it goes on in another model")
		})
	}
}

// The only task of a process is its last one.
func TestTheOnlyTaskNeedsNoExit(t *testing.T) {
	t.Parallel()
	require.Empty(t, lint(t, process((*large).circle, 3)))
}

// circle is a task with events that lead back to it.
func (l *large) circle(events int) {
	l.node("task", "t", 1)
	l.row("intermediateCatchEvent", "t", "t", events, 1)
}
