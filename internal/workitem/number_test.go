package workitem_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

func TestDoubleReadsGermanAndEnglish(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		"5": 5, "5.7": 5.7, "5,7": 5.7, "-5,7": -5.7, "+5": 5, "+-5": -5, " 5 ": 5, ".5": 0.5, ",5": 0.5, "5.": 5, "-0": 0,
		"1.234": 1.234, "1,234": 1.234, "1000.000": 1000,
		"1.234,5": 1234.5, "1,234.5": 1234.5, "-1.234,56": -1234.56, "1 234,5": 1234.5, "1.234.567,89": 1234567.89, "1,234,567.89": 1234567.89,
		"1.234.567": 1234567, "1,234,567": 1234567, "-1.234.567": -1234567,
		"1.234.56": 1234.56, "1.23.456": 123.456, "1234.567.890": 1234567.89, "1,2,3": 12.3,
		"": 0, " ": 0, ".": 0, ",": 0, "-": 0, "abc": 0, "1e3": 0, "0x10": 0, "5-": 0, "--5": 0, "5 EUR": 0, "5%": 0, "NaN": 0, "Infinity": 0,
		"٥": 0, "1.2,3.4": 0, "99999999999999999999": 1e20,
	} {
		require.InDelta(t, want, workitem.Items{"a": {text}}.Double("A"), 0, text)
	}
	for name, tt := range map[string]struct {
		values []any
		want   float64
	}{
		"missing": {nil, 0}, "integer": {[]any{int64(5)}, 5}, "double": {[]any{5.5}, 5.5}, "infinity": {[]any{math.Inf(-1)}, math.Inf(-1)},
		"boolean": {[]any{true}, 0}, "first counts": {[]any{"", 8.0}, 0},
	} {
		require.Equal(t, tt.want, workitem.Items{"a": tt.values}.Double("a"), name) //nolint:testifylint // exactly this one
	}
	require.True(t, math.IsNaN(workitem.Items{"a": {math.NaN()}}.Double("a")))
}

func TestLongIsStrict(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		value any
		want  int64
	}{
		"integer": {int64(math.MaxInt64), math.MaxInt64}, "text": {"-9223372036854775808", math.MinInt64}, "plus": {"+5", 5}, "arabic": {"٥٦", 56},
		"space": {" 5", 0}, "fraction": {"5.0", 0}, "double": {5.0, 0}, "exponent": {"1e3", 0}, "too large": {"9223372036854775808", 0},
		"boolean": {true, 0}, "underscore": {"1_000", 0},
	} {
		require.Equal(t, tt.want, workitem.Items{"a": {tt.value}}.Long("a"), name)
	}
	require.Zero(t, workitem.Items{}.Long("a"))
}

// Int reads a text as Java reads a double.
func TestIntReadsTextAsJavaDoes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"5d": 5, "5.9F": 5, "0x1p3": 8, "0x1p3d": 8, "Infinity": math.MaxInt32, "-Infinity": math.MinInt32, "NaN": 0, "1e400": math.MaxInt32,
		"\t7\n": 7, "2147483648": math.MaxInt32,
		"inf": 0, "nan": 0, "infinity": 0, "1_000": 0, "0x10": 0, "--5": 0, "d": 0, "5dd": 0, "5,7": 0, "٥": 0, "\u00a05": 0,
	} {
		require.Equal(t, want, workitem.Items{"a": {text}}.Int("a"), text)
	}
}

// What Postgres and models hold may be any text.
func FuzzNumbersOfText(f *testing.F) {
	for _, seed := range []string{"1.234,5", "1,234.5", "+-5", "0x1p3d", "Infinity", "٥", "1.2.3", "-", "1_0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		it := workitem.Items{"a": {text}}
		n := it.Int("a")
		require.True(t, n >= math.MinInt32 && n <= math.MaxInt32)
		require.False(t, math.IsNaN(it.Double("a")))
		it.Long("a")
	})
}
