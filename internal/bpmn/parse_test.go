package bpmn_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

func parse(t *testing.T, name string) *bpmn.Model {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	require.NoError(t, err)
	defer f.Close()
	m, err := bpmn.Parse(name, f)
	require.NoError(t, err)
	return m
}

func TestParseReadsWhatTheModelSays(t *testing.T) {
	t.Parallel()
	m := parse(t, "other-prefixes.bpmn")
	require.Equal(t, "prefix-1.0", m.Version)
	require.Equal(t, []string{"com.example.One", "com.example.Two"}, m.Plugins)
	require.Equal(t, []string{"namTeam"}, m.Items["txtfieldmapping"])
	require.Equal(t, []string{"Prefix"}, m.Groups())
	require.Equal(t, "The pool", m.Processes[0].Pool)
	require.Equal(t, "Public", m.Processes[0].Type)

	task := m.Task(1)
	require.NotNil(t, task)
	require.Equal(t, "userTask", task.Type)
	require.Equal(t, "One", task.Items.Text("txtname"))
	require.Equal(t, "What to do", task.Items.Text("rtfdescription"))
	require.Equal(t, "first", task.Items.Text("workflow.summary"), "of several CDATA sections the first counts")
	require.Equal(t, []bpmn.DataObject{{Name: "Form", Documentation: "{}"}}, task.DataObjects)

	event := task.Event(5)
	require.NotNil(t, event)
	require.Same(t, event, m.EventByElement("event1"))
	require.Equal(t, []string{"com.example.Adapter"}, event.Adapters)
	require.Equal(t, "Hello, Dear all!", event.Items.Text("rtfmailbody"))
	require.Equal(t, "new", event.Items.Text("txtactivityresult"), "the new name leads")
	require.Empty(t, m.Check())
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const begin = `<d:definitions xmlns:d="http://www.omg.org/spec/BPMN/20100524/MODEL">`
	for name, c := range map[string]struct {
		file, want string
		line       int
	}{
		"nothing":        {"", "not a BPMN", 0},
		"other XML":      {"<html/>", "not a BPMN", 0},
		"no XML":         {"hello", "not a BPMN", 0},
		"cut off":        {begin + "\n<d:process", "not well-formed", 2},
		"crossed":        {begin + "\n<d:process></d:task>", "not well-formed", 2},
		"no process":     {begin + "</d:definitions>", "no process", 1},
		"entity":         {"<!DOCTYPE x [<!ENTITY a \"b\">]>" + begin + "<d:process>&a;</d:process></d:definitions>", "not well-formed", 1},
		"too deep":       {begin + strings.Repeat("<a>", 200), "too deeply nested", 1},
		"too many":       {begin + strings.Repeat("<a/>", 300_000), "too many elements", 1},
		"too large":      {begin + strings.Repeat(" ", 21<<20), "larger than 20 MiB", 0},
		"Latin alphabet": {`<?xml version="1.0" encoding="UTF-16"?>` + begin, "read XML", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := bpmn.Parse("model.bpmn", strings.NewReader(c.file))
			var parseError *bpmn.ParseError
			require.ErrorAs(t, err, &parseError)
			require.Equal(t, "model.bpmn", parseError.File)
			require.Equal(t, c.line, parseError.Line, err)
			require.ErrorContains(t, err, c.want)
		})
	}
	t.Run("unreadable", func(t *testing.T) {
		t.Parallel()
		broken := errors.New("disk on fire")
		_, err := bpmn.Parse("model.bpmn", iotest.ErrReader(broken))
		require.ErrorIs(t, err, broken)
	})
}

func TestCallableEvents(t *testing.T) {
	t.Parallel()
	m := parse(t, "callable-events.bpmn")
	var ids []int
	for _, e := range m.Task(100).Events {
		ids = append(ids, e.ID)
	}
	// Behind the task: 50 and 60. Initial: 10, not 20 that follows it; 30. 40
	// has another event in front of it that is no initial one.
	require.Equal(t, []int{50, 60, 10, 30}, ids)
	require.Nil(t, m.Task(100).Event(20))
	require.Nil(t, m.Task(200).Event(30))
}

func TestBoundaryEvents(t *testing.T) {
	t.Parallel()
	m := parse(t, "timers.bpmn")
	from := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	want := []struct {
		id           string
		target       int
		interrupting bool
		due          time.Time
	}{
		{"boundary1", 11, true, from.Add(1500 * time.Millisecond)},
		{"boundary2", 12, true, from.Add(90 * time.Minute)},
		{"boundary3", 13, true, time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)},
		{"boundary4", 14, true, from},
		{"boundary5", 15, true, from},
		{"boundary6", 16, true, from},
		{"boundary7", 17, true, from},
		{"silent", 0, true, from},
		{"message", 30, false, from},
	}
	got := m.Task(100).Boundary
	require.Len(t, got, len(want))
	for i, w := range want {
		require.Equal(t, w.id, got[i].ElementID)
		require.Equal(t, w.target, got[i].TargetEvent, w.id)
		require.Equal(t, w.interrupting, got[i].Interrupting, w.id)
		require.Equal(t, w.due, got[i].Timer.Due(from), w.id)
	}
	require.NotNil(t, m.Task(100).Event(11), "the target of the first boundary event is callable")
	require.Nil(t, m.Task(100).Event(12), "others are not")
	require.NotNil(t, m.Task(100).BoundaryTarget(12))
	require.Nil(t, m.Task(100).BoundaryTarget(99))
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]string{
		"timers.bpmn": {
			`boundary5: error: timer value "soon" is neither a number of milliseconds nor an ISO 8601 duration such as PT1H`,
			`boundary6: error: a timer with timeDate is not supported yet, only timeDuration is`,
			`boundary7: error: a timer with timeCycle is not supported yet, only timeDuration is`,
			`silent: warning: the boundary event leads to no event with an id and will never fire`,
		},
		"faults.bpmn": {
			`error: the model has no version (item txtworkflowmodelversion)`,
			`again: error: the task id 100 is also the id of "task100" (line 4)`,
			`word: error: the task id "abc" is not a positive number`,
			`twin: error: the event id 10 can be called on task 100, and so can "event10" with the same id`,
			`lost: error: link event without a catching link event of the same name: "LOST"`,
			`deaf: warning: the boundary event leads to no event with an id and will never fire`,
			`flow5: error: the sequence flow does not connect two elements of the process`,
		},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			problems := parse(t, file).Check()
			require.Len(t, problems, len(want), "%v", problems)
			line := 0
			for i, p := range problems {
				require.Contains(t, p.String(), want[i])
				require.Equal(t, file, p.File)
				require.GreaterOrEqual(t, p.Line, line, "in the order of the file")
				line = p.Line
			}
		})
	}
}

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

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.bpmn")
	require.NoError(f, err)
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := bpmn.Parse("fuzz", strings.NewReader(text))
		if err != nil {
			var parseError *bpmn.ParseError
			require.ErrorAs(t, err, &parseError)
			return
		}
		m.Check()
		m.Groups()
		for _, e := range m.Events() {
			next, err := e.Next(func(*bpmn.Flow) (bool, error) { return false, nil })
			if err == nil && next.Gateway != nil {
				_, _ = next.Gateway.Branches()
			}
		}
		for _, task := range m.Tasks() {
			for _, b := range task.Boundary {
				b.Timer.Due(time.Now())
			}
		}
	})
}
