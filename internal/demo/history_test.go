package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseLine(t *testing.T) {
	t.Parallel()
	got, err := parseLine("2026-01-02T03:04:05.678Z|ticket-1.0|1100|90|1300|postlude|a|b")
	require.NoError(t, err)
	want := line{at: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC), model: "ticket-1.0", task: 1100, event: 90, target: 1300}
	require.Equal(t, want, got)
}

func TestParseLineRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"",
		"2026-01-02T03:04:05.678Z|ticket-1.0|1100|90",
		"yesterday|ticket-1.0|1100|90|1300||",
		"2026-01-02T03:04:05.678Z|ticket-1.0|1100|ninety|1300||",
	} {
		_, err := parseLine(text)
		require.ErrorContains(t, err, "history line", text)
	}
}
