package bpmn_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

// bounded is a model of two tasks, and of a boundary event of the first that
// leads to the event 90.
func bounded(cancelActivity, definition, flows string) string {
	l := &large{}
	l.WriteString(begin)
	l.node("task", "open", 100)
	l.node("task", "closed", 200)
	l.node("intermediateCatchEvent", "submit", 10)
	l.flow("open", "submit")
	l.flow("submit", "closed")
	l.WriteString(`<boundaryEvent id="b" attachedToRef="open"` + cancelActivity + `>` + definition + `</boundaryEvent>`)
	l.node("intermediateCatchEvent", "remind", 90)
	l.node("intermediateCatchEvent", "note", 91)
	l.node("intermediateThrowEvent", "throw", 92)
	l.node("exclusiveGateway", "g", 0)
	for flow := range strings.FieldsSeq("b-remind " + flows) {
		from, to, _ := strings.Cut(flow, "-")
		l.flow(from, to)
	}
	l.WriteString(`</process></definitions>`)
	return l.String()
}

func timed(element, value string) string {
	return `<timerEventDefinition><` + element + `><![CDATA[` + value + `]]></` + element + `></timerEventDefinition>`
}

func TestBoundaryLoops(t *testing.T) {
	t.Parallel()
	const again = "remind-open"
	for name, c := range map[string]struct {
		cancel, definition, flows string
		want                      bool
	}{
		"no definition":               {"", "", again, true},
		"a message":                   {"", "<messageEventDefinition/>", again, true},
		"an empty timer":              {"", "<timerEventDefinition/>", again, true},
		"no wait":                     {"", timed("timeDuration", "0"), again, true},
		"no wait, ISO":                {` cancelActivity="true"`, timed("timeDuration", "P0DT0S"), again, true},
		"a date that comes or came":   {"", timed("timeDate", "2026-06-01"), again, true},
		"a cycle that comes to end":   {"", timed("timeCycle", "R3/2026-06-01/P1D"), again, true},
		"behind another event":        {"", "", "remind-note note-open", true},
		"behind a gateway":            {"", "", "remind-g g-closed g-open", true},
		"behind an event that throws": {"", "", "remind-throw throw-closed", true},

		"non-interrupting":            {` cancelActivity="false"`, "", again, false},
		"a wait":                      {"", timed("timeDuration", "1"), again, false},
		"an item":                     {"", timed("timeDate", "<itemvalue>due</itemvalue>"), again, false},
		"a cycle without a start":     {"", timed("timeCycle", "R3/PT1S"), again, false},
		"a cycle without end":         {"", timed("timeCycle", "R/2026-06-01/P1D"), again, false},
		"a bad timer":                 {"", timed("timeDuration", "soon"), again, false},
		"another task":                {"", "", "remind-closed", false},
		"another task, and back":      {"", "", "remind-closed closed-note note-open", false},
		"another task behind a chain": {"", "", "remind-note note-g g-closed", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := lint(t, bounded(c.cancel, c.definition, c.flows))
			if c.want {
				require.Contains(t, found, string(bpmn.BoundaryLoop))
			} else {
				require.NotContains(t, found, string(bpmn.BoundaryLoop))
			}
		})
	}
}

// An event that goes on in another model does not come back by its flows.
func TestABoundaryEventThatLeavesTheModelIsNoLoop(t *testing.T) {
	t.Parallel()
	m, err := bpmn.Parse("model.bpmn", strings.NewReader(bounded("", "", "remind-open")))
	require.NoError(t, err)
	for _, p := range m.Check(func(e *bpmn.Event) bool { return e.ID == 90 }) {
		require.NotEqual(t, bpmn.BoundaryLoop, p.Code)
	}
}

func TestCancelActivity(t *testing.T) {
	t.Parallel()
	for attribute, c := range map[string]struct{ interrupting, invalid bool }{
		``:                                  {interrupting: true},
		` cancelActivity="true"`:            {interrupting: true},
		` cancelActivity="1"`:               {interrupting: true},
		` cancelActivity=" true&#9;"`:       {interrupting: true},
		` cancelActivity="false"`:           {},
		` cancelActivity="0"`:               {},
		" cancelActivity=\"\n false \t\"":   {},
		` cancelActivity=" 0 "`:             {},
		` cancelActivity=""`:                {true, true},
		` cancelActivity="no"`:              {true, true},
		` cancelActivity="False"`:           {true, true},
		` cancelActivity="00"`:              {true, true},
		" cancelActivity=\"false\u00a0\"":   {true, true},
		` cancelActivity="fal se"`:          {true, true},
		` x="y" cancelActivity="${cancel}"`: {true, true},
	} {
		t.Run(attribute, func(t *testing.T) {
			t.Parallel()
			source := bounded(attribute, timed("timeDuration", "PT1H"), "remind-open")
			m, err := bpmn.Parse("model.bpmn", strings.NewReader(source))
			require.NoError(t, err)
			require.Equal(t, c.interrupting, m.Task(100).Boundary[0].Interrupting)
			if c.invalid {
				require.Contains(t, lint(t, source), string(bpmn.BoundaryCancelInvalid))
			} else {
				require.NotContains(t, lint(t, source), string(bpmn.BoundaryCancelInvalid))
			}
		})
	}
}
