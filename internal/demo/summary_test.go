package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestVerdict(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		tally     tally
		workitems int
		want      string // "" for a pass
	}{
		{"all well", tally{processed: 300}, 300, ""},
		{"a small demo", tally{processed: 12}, 5, ""},
		{"lost", tally{processed: 300, lost: 1}, 300, "a promise is broken: 1 lost, 0 doubled, 0 early"},
		{"doubled", tally{processed: 300, doubled: 1}, 300, "a promise is broken: 0 lost, 1 doubled, 0 early"},
		{"early", tally{processed: 300, early: 1}, 300, "a promise is broken: 0 lost, 0 doubled, 1 early"},
		{"unfinished", tally{processed: 300, pending: 2}, 300, "2 events have not taken effect within 30s"},
		{"too few", tally{processed: 299}, 300, "only 299 events took effect, 300 prove something"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.tally.verdict(tt.workitems)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	require.EqualValues(t, 50, percentile(hundred, 0.5))
	require.EqualValues(t, 99, percentile(hundred, 0.99))
	require.EqualValues(t, 100, percentile(hundred, 1))
	require.EqualValues(t, 7, percentile([]time.Duration{7}, 0.5))
	require.Zero(t, percentile(nil, 0.5))
}

func TestSummaryBoundsFindings(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	(&tally{findings: make([]string, 25)}).write(&out)
	require.Contains(t, out.String(), "and 15 findings more")
}
