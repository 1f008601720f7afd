package workitem_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

func TestJSONKeepsTypes(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 2, 28, 23, 59, 59, 123e6, time.UTC)
	tests := map[string]struct {
		value any
		text  string
	}{
		"string":             {"a \"quoted\" \\ line\n\u2028 ü", `"a \"quoted\" \\ line\n` + "\u2028" + ` ü"`},
		"control character":  {"\x01", `"\u0001"`},
		"integer":            {int64(5), `5`},
		"largest integer":    {int64(math.MaxInt64), `9223372036854775807`},
		"smallest integer":   {int64(math.MinInt64), `-9223372036854775808`},
		"double like an int": {5.0, `5.0`},
		"double":             {0.1, `0.1`},
		"large double":       {1e300, `1e+300`},
		"negative zero":      {math.Copysign(0, -1), `-0.0`},
		"not a number":       {math.NaN(), `{"@double":"NaN"}`},
		"infinity":           {math.Inf(-1), `{"@double":"-Inf"}`},
		"boolean":            {true, `true`},
		"date":               {date, `{"@date":"2026-02-28T23:59:59.123Z"}`},
		"bytes":              {[]byte{0, 255}, `{"@bytes":"AP8="}`},
		"no bytes":           {[]byte{}, `{"@bytes":""}`},
		"list":               {workitem.List{int64(1), workitem.List{}}, `[1,[]]`},
		"map":                {workitem.Map{"B": workitem.List{"x"}, "a": 1.5}, `{"B":["x"],"a":1.5}`},
		"map like a date":    {workitem.Map{"@date": "x"}, `{"@map":{"@date":"x"}}`},
		"map like a map":     {workitem.Map{"@map": workitem.Map{"@map": "x"}, "b": true}, `{"@map":{"@map":{"@map":{"@map":"x"}},"b":true}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := workitem.AppendJSON(nil, workitem.Items{"v": {tt.value}})
			require.Equal(t, `{"v":[`+tt.text+`]}`, string(text))
			back, err := workitem.ParseJSON(text)
			require.NoError(t, err)
			if f, ok := tt.value.(float64); ok {
				got, ok := back["v"][0].(float64)
				require.True(t, ok)
				require.Equal(t, math.Float64bits(f), math.Float64bits(got))
				return
			}
			require.Equal(t, []any{tt.value}, back["v"])
		})
	}
}

func TestParseJSONReadsWhatAPersonWrites(t *testing.T) {
	t.Parallel()
	got, err := workitem.ParseJSON([]byte(" { \"$TaskID\" : 100 , \"a\":null, \"b\":[null,1], \"c\":\"x\\u0041\", \"d\":{\"e\":null} }\n"))
	require.NoError(t, err)
	require.Equal(t, workitem.Items{"$taskid": {int64(100)}, "a": {}, "b": {int64(1)}, "c": {"xA"}, "d": {workitem.Map{}}}, got)
}

func TestParseJSONRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, reason string }{
		"nothing":              {``, "expected '{'"},
		"a list":               {`[]`, "expected '{'"},
		"text behind":          {`{} x`, "after the end"},
		"cut off":              {`{"a":[1`, "expected ']'"},
		"cut off string":       {`{"a":"x`, "ends within a string"},
		"U+0000":               {`{"a":"x\u0000"}`, "U+0000"},
		"raw U+0000":           {"{\"a\":\"x\x00\"}", "control character"},
		"U+0000 in a name":     {`{"a\u0000":"x"}`, "U+0000"},
		"not UTF-8":            {"{\"a\":\"\xff\"}", "UTF-8"},
		"duplicate item":       {`{"a":1,"A":2}`, `item "a" is there twice`},
		"duplicate member":     {`{"a":{"b":1,"b":2}}`, `member "b" is there twice`},
		"integer too large":    {`{"a":9223372036854775808}`, "does not fit into 64 bits"},
		"double too large":     {`{"a":1e999}`, "does not fit into a double"},
		"leading zero":         {`{"a":01}`, `"01" is not a number`},
		"two signs":            {`{"a":1-2}`, "is not a number"},
		"unknown tag":          {`{"a":{"@money":"1"}}`, `unknown type tag "@money"`},
		"bad date":             {`{"a":{"@date":"tomorrow"}}`, "@date is not valid"},
		"bad bytes":            {`{"a":{"@bytes":"?"}}`, "@bytes is not valid"},
		"nested too deep":      {`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, "nested deeper"},
		"maps nested too deep": {`{"a":` + strings.Repeat(`{"b":`, 200) + "1" + strings.Repeat("}", 201), "nested deeper"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := workitem.ParseJSON([]byte(tt.text))
			require.ErrorContains(t, err, tt.reason)
			var syntax *workitem.SyntaxError
			require.ErrorAs(t, err, &syntax)
		})
	}
}

// FuzzParseJSON: what is read is written as JSON that encoding/json accepts,
// and reads back as the same bytes.
func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":[1,2.0,"x",true,null]}`, `{"a":{"@date":"2026-01-01T00:00:00Z"}}`, `{"a":{"@map":{"@date":1}}}`,
		`{"a":{"@map":{"@map":1},"b":2}}`, `{"a":{"b":[{"c":{}}]}}`, `{"a":-0,"b":1e5,"c":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		items, err := workitem.ParseJSON(data)
		if err != nil {
			return
		}
		require.True(t, json.Valid(data), "read what is not JSON: %q", data)
		require.NoError(t, items.Check())
		text := workitem.AppendJSON(nil, items)
		require.True(t, json.Valid(text), "%s", text)
		back, err := workitem.ParseJSON(text)
		require.NoError(t, err, "%s", text)
		require.Equal(t, string(text), string(workitem.AppendJSON(nil, back)))
	})
}
