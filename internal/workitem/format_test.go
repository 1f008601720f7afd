package workitem_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

func TestValuesAreShownAsJavaShowsThem(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]any{
		"": nil, "x": "x", "-5": int64(-5), "true": true, "AP8=": []byte{0, 255},
		"0.0": 0.0, "-0.0": math.Copysign(0, -1), "5.0": 5.0, "0.1": 0.1, "100.0": 100.0, "12.5": 12.5, "1234567.891": 1234567.891,
		"9999999.0": 9999999.0, "1.0E7": 1e7, "1.2345678E7": 12345678.0, "0.001": 0.001, "9.99E-4": 0.000999, "1.0E-5": 1e-5,
		"1.0E300": 1e300, "-1.0E300": -1e300, "1.7976931348623157E308": math.MaxFloat64,
		"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1),
		"Tue Mar 05 14:07:09 UTC 2024": time.Date(2024, 3, 5, 15, 7, 9, 123e6, time.FixedZone("CET", 3600)),
		"[p, 1, [2.0]]":                workitem.List{"p", int64(1), workitem.List{2.0}},
		"[]":                           workitem.List{},
		"{a=[x], b=1}":                 workitem.Map{"b": int64(1), "a": workitem.List{"x"}},
	} {
		require.Equal(t, want, workitem.FormatValue(value))
	}
}

// The text of a double is not its stored form, which stays valid JSON.
func TestDoublesAreStoredExactly(t *testing.T) {
	t.Parallel()
	for _, f := range []float64{1e7, 1e300, 5e-324, 0.001, 1e-5, 1e21, math.MaxFloat64, math.Copysign(0, -1)} {
		text := workitem.AppendJSON(nil, workitem.Items{"v": {f}})
		back, err := workitem.ParseJSON(text)
		require.NoError(t, err)
		got, ok := back["v"][0].(float64)
		require.True(t, ok, string(text))
		require.Equal(t, math.Float64bits(f), math.Float64bits(got), string(text))
	}
}
