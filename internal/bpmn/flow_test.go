package bpmn_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

func TestNext(t *testing.T) {
	t.Parallel()
	m := parse(t, "navigation.bpmn")
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		event string
		holds []string
		asked []string
		want  string
		err   error
	}{
		"default":                 {"event10", nil, []string{"first", "second"}, "task400", nil},
		"first that holds":        {"event10", []string{"first", "second", "third"}, []string{"first", "third"}, "task300", nil},
		"condition before none":   {"event10", []string{"second"}, []string{"first", "second"}, "task200", nil},
		"nothing holds behind it": {"event10", []string{"first"}, []string{"first", "third"}, "", nil},
		"condition fails":         {"event10", []string{"error"}, []string{"first"}, "", broken},
		"ambiguous":               {"event20", nil, nil, "", bpmn.ErrAmbiguous},
		"circle":                  {"event30", nil, nil, "", bpmn.ErrCycle},
		"parallel gateway":        {"event40", nil, nil, "fork", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			next, err := m.EventByElement(c.event).Next(func(f *bpmn.Flow) (bool, error) {
				asked = append(asked, f.Condition)
				for _, h := range c.holds {
					if h == "error" {
						return false, broken
					}
					if h == f.Condition {
						return true, nil
					}
				}
				return false, nil
			})
			require.ErrorIs(t, err, c.err)
			require.Equal(t, c.asked, asked)
			require.Equal(t, c.want, elementID(next))
		})
	}
}

func elementID(n bpmn.Next) string {
	switch {
	case n.Task != nil:
		return n.Task.ElementID
	case n.Event != nil:
		return n.Event.ElementID
	case n.Gateway != nil:
		return n.Gateway.ElementID
	}
	return ""
}

func TestBranches(t *testing.T) {
	t.Parallel()
	next, err := parse(t, "navigation.bpmn").EventByElement("event40").Next(nil)
	require.NoError(t, err)
	branches, err := next.Gateway.Branches()
	require.NoError(t, err)
	require.Len(t, branches, 3)
	for i, want := range []struct {
		element    string
		conditions int
	}{{"task200", 1}, {"event20", 1}, {"task300", 0}} {
		require.Equal(t, want.element, elementID(branches[i].Next))
		require.Len(t, branches[i].Conditions, want.conditions, want.element)
	}
}
