package simulation_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/simulation"
)

func TestTheTimelineIsACopy(t *testing.T) {
	t.Parallel()
	s := start(t, "plugins", simulation.Options{})
	submit(t, s)
	_, err := s.Process(items{"$taskid": {100}, "$eventid": {99}})
	require.Error(t, err)
	before, err := json.Marshal(s.Timeline())
	require.NoError(t, err)
	changed := s.Timeline()
	armed, data := 0, 0
	for i := range changed {
		if len(changed[i].Armed) > 0 {
			changed[i].Armed[0].Workitem = "another"
			armed++
		}
		for _, values := range changed[i].Data {
			values[0] = "another"
			data++
		}
		changed[i].Workitem = "another"
	}
	require.NotZero(t, armed)
	require.NotZero(t, data)
	after, err := json.Marshal(s.Timeline())
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}

// Whatever an id is, a step is a line, and its cells stand below each other.
func TestAnIDCannotBreakTheTable(t *testing.T) {
	t.Parallel()
	s := start(t, "split", simulation.Options{})
	process(t, s, items{"$uniqueid": {"a\u2028b\u2029c\u2003[2Jd\u00a0e"}, "$taskid": {100}, "$eventid": {10}})
	require.Equal(t, "2026-01-03T09:00:00Z  a b c [2Jd e  30 Travel", s.Pending()[1].String())
	lines := strings.Split(strings.TrimSuffix(s.Timeline().String(), "\n"), "\n")
	require.Len(t, lines, 3, "%q", lines)
	require.Contains(t, lines[1], "  a b c [2Jd e  user event")
	require.Equal(t, strings.Index(lines[0], "WHAT"), strings.Index(lines[1], "user event"))
}

// A line of $eventlog for each of 10,000 events would take its time.
func TestEventLogLimit(t *testing.T) {
	t.Parallel()
	for limit, lines := range map[int]int{0: 250, 3: 3, -1: 401} {
		s := start(t, "endless", simulation.Options{EventLogLimit: limit, Limit: 400})
		w := submit(t, s)
		require.ErrorIs(t, s.Run(), simulation.ErrLimit)
		require.Len(t, s.Workitem(w.ID).Items["$eventlog"], lines)
	}
}
