package workitem_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

func TestParseJavaDouble(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		"5": 5, "\t5.5\n": 5.5, "-5": -5, "+5": 5, ".5": 0.5, "5.": 5, "5d": 5, "5F": 5, "1e3": 1000, "1E-3D": 0.001,
		"Infinity": math.Inf(1), "-Infinity": math.Inf(-1), "1e400": math.Inf(1), "0x10p0": 16, "0x1.8p1d": 3,
	} {
		got, err := workitem.ParseJavaDouble(text)
		require.NoError(t, err, text)
		require.InDelta(t, want, got, 0, text)
	}
	for _, text := range []string{
		"", " ", "abc", "1,5", "0x10", "0x", "x", "inf", "nan", "infinity", "1_000", "--5", "+-5", "5dd", "d", "f", "e5", "1e", "5 5", "٥", "0x1_0p0",
	} {
		_, err := workitem.ParseJavaDouble(text)
		require.ErrorIs(t, err, workitem.ErrNoNumber, text)
	}
	v, err := workitem.ParseJavaDouble("NaN")
	require.NoError(t, err)
	require.True(t, math.IsNaN(v))
}

func TestParseJavaFloat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"0.1": 0.1, "2.5f": 2.5, "1e40": math.Inf(1), "16777217": 16777216} {
		got, err := workitem.ParseJavaFloat(text)
		require.NoError(t, err, text)
		require.InDelta(t, want, got, 0, text)
	}
	_, err := workitem.ParseJavaFloat("abc")
	require.ErrorIs(t, err, workitem.ErrNoNumber)
}
