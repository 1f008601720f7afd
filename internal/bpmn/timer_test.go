package bpmn_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

func TestTimerDue(t *testing.T) {
	t.Parallel()
	from := time.Date(2024, 1, 31, 23, 30, 0, 0, time.UTC)
	require.Equal(t, from.Add(time.Second), bpmn.ParseTimer(" 1000\n").Due(from), "space around it does not matter")
	for text, want := range map[string]time.Time{
		"":             from,
		"0":            from,
		"-5":           from,
		"+1000":        from.Add(time.Second),
		"86400000000":  from.Add(1000 * 24 * time.Hour),
		"PT0S":         from,
		"PT0.25S":      from.Add(250 * time.Millisecond),
		"PT10M":        from.Add(10 * time.Minute),
		"PT90M":        from.Add(90 * time.Minute),
		"P1D":          from.Add(24 * time.Hour),
		"P2W":          from.Add(14 * 24 * time.Hour),
		"P1DT2H3M4.5S": from.Add(26*time.Hour + 3*time.Minute + 4500*time.Millisecond),
		"P1M":          time.Date(2024, 2, 29, 23, 30, 0, 0, time.UTC),
		"P13M":         time.Date(2025, 2, 28, 23, 30, 0, 0, time.UTC),
		"P2M":          time.Date(2024, 3, 31, 23, 30, 0, 0, time.UTC),
		"P1Y":          time.Date(2025, 1, 31, 23, 30, 0, 0, time.UTC),
		"P1Y1MT1H":     time.Date(2025, 3, 1, 0, 30, 0, 0, time.UTC),
	} {
		timer := bpmn.ParseTimer(text)
		require.NoError(t, timer.Err, text)
		require.Equal(t, want, timer.Due(from), text)
	}
}

// What has no waiting time fires at once where it is run all the same.
func TestTimerErrors(t *testing.T) {
	t.Parallel()
	from := time.Now()
	for _, text := range []string{
		"soon", "P", "PT", "P1", "P1DT", "PT1D", "P1H", "P1M1Y", "P1D1D", "PP1D", "-PT1H", "P-1D", "P1.5Y", "PT1H ago", "1h", "1e3",
		"99999999999999999999", "9223372036854775807", "P999999999Y", "PT99999999999999999999S", "${due}",
	} {
		timer := bpmn.ParseTimer(text)
		require.ErrorContains(t, timer.Err, "timer value", text)
		require.Equal(t, from, timer.Due(from), text)
	}
}
