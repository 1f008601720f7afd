package simulation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/simulation"
)

// Scripts see the virtual clock, in rules and in conditions.
func TestScriptsSeeTheClock(t *testing.T) {
	t.Parallel()
	s := start(t, "rules", simulation.Options{})
	for day, task := range map[int]int{31: 200, 32: 300} {
		s := start(t, "rules", simulation.Options{})
		now := time.Date(2026, 1, day, 23, 59, 59, 0, time.UTC)
		require.NoError(t, s.AdvanceTo(now))
		w := submit(t, s)
		require.Equal(t, []any{now}, w.Items["date"])
		require.Equal(t, []any{now.UnixMilli()}, w.Items["now"])
		require.Equal(t, task, w.Task.ID)
	}
	first := submit(t, s).Items["date"]
	require.NoError(t, s.Advance(day))
	require.NotEqual(t, first, submit(t, s).Items["date"], "in a sandbox that was kept")
}

// Their random numbers are the same in every simulation.
func TestScriptsThrowTheSameDice(t *testing.T) {
	t.Parallel()
	throw := func() (dice []any) {
		s := start(t, "rules", simulation.Options{})
		for range 3 {
			dice = append(dice, submit(t, s).Items["dice"]...)
		}
		return dice
	}
	first := throw()
	require.Equal(t, first, throw())
	require.NotEqual(t, first[0], first[1])
	require.NotEqual(t, first[1], first[2])
}

func TestWhatARuleSaysIsInTheTimeline(t *testing.T) {
	t.Parallel()
	s := start(t, "rules", simulation.Options{})
	_, err := s.Process(items{"$taskid": {100}, "$eventid": {20}})
	var fault *simulation.Error
	require.ErrorAs(t, err, &fault)
	params := []string{"two days", "ask\nAnna"}
	require.Equal(t, params, fault.Params)
	step := s.Timeline()[0]
	require.Equal(t, params, step.Params)
	require.Contains(t, s.Timeline().String(), "failed: TOO_LATE: the business rule refuses the workitem (two days; ask Anna)\n")
}
