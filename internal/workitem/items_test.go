package workitem_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

func TestGettersConvertAsImixsDoes(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 2, 28, 23, 59, 59, 123e6, time.UTC)
	tests := map[string]struct {
		values  []any
		text    string
		integer int
		boolean bool
		date    time.Time
	}{
		"missing":              {nil, "", 0, false, time.Time{}},
		"empty":                {[]any{}, "", 0, false, time.Time{}},
		"text":                 {[]any{"abc"}, "abc", 0, false, time.Time{}},
		"text, first counts":   {[]any{"1", "2"}, "1", 1, false, time.Time{}},
		"integer":              {[]any{int64(42)}, "42", 42, false, time.Time{}},
		"largest integer":      {[]any{int64(math.MaxInt64)}, "9223372036854775807", math.MaxInt32, false, time.Time{}},
		"double":               {[]any{1.9}, "1.9", 1, false, time.Time{}},
		"negative double":      {[]any{-1.9}, "-1.9", -1, false, time.Time{}},
		"whole double":         {[]any{5.0}, "5.0", 5, false, time.Time{}},
		"double too large":     {[]any{1e300}, "1.0E300", math.MaxInt32, false, time.Time{}},
		"double too small":     {[]any{-1e300}, "-1.0E300", math.MinInt32, false, time.Time{}},
		"not a number":         {[]any{math.NaN()}, "NaN", 0, false, time.Time{}},
		"infinity":             {[]any{math.Inf(1)}, "Infinity", math.MaxInt32, false, time.Time{}},
		"text of an integer":   {[]any{" 7 "}, " 7 ", 7, false, time.Time{}},
		"text of a double":     {[]any{"7.9"}, "7.9", 7, false, time.Time{}},
		"text of an exponent":  {[]any{"1e3"}, "1e3", 1000, false, time.Time{}},
		"text of no number":    {[]any{"7 apples"}, "7 apples", 0, false, time.Time{}},
		"text of nothing":      {[]any{""}, "", 0, false, time.Time{}},
		"true":                 {[]any{true}, "true", 0, true, time.Time{}},
		"false":                {[]any{false}, "false", 0, false, time.Time{}},
		"text of true":         {[]any{"True"}, "True", 0, true, time.Time{}},
		"text like true":       {[]any{"yes"}, "yes", 0, false, time.Time{}},
		"one is not true":      {[]any{int64(1)}, "1", 1, false, time.Time{}},
		"date":                 {[]any{date}, "Sat Feb 28 23:59:59 UTC 2026", 0, false, date},
		"text of a date":       {[]any{"2026-02-28T23:59:59Z"}, "2026-02-28T23:59:59Z", 0, false, time.Time{}},
		"bytes":                {[]any{[]byte{0, 255}}, "AP8=", 0, false, time.Time{}},
		"a list is no integer": {[]any{workitem.List{int64(1)}}, "[1]", 0, false, time.Time{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := workitem.Items{"other": {"x"}}
			if tt.values != nil {
				items["v"] = tt.values
			}
			require.Equal(t, tt.text, items.Text(" V "))
			require.Equal(t, tt.integer, items.Int("V"))
			require.Equal(t, tt.boolean, items.Bool("V"))
			require.Equal(t, tt.date, items.Date("V"))
			require.Equal(t, tt.values != nil, items.Has("V"))
		})
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	items := workitem.Items{"none": {}, "blank": {""}, "two": {"", ""}, "zero": {int64(0)}, "space": {" "}}
	for name, want := range map[string]bool{
		"missing": true, "none": true, "Blank": true, "two": false, "zero": false, "space": false,
	} {
		require.Equal(t, want, items.Empty(name), name)
	}
	require.True(t, workitem.Items(nil).Empty("x"), "the zero value can be read")
	require.Empty(t, workitem.Items(nil).Text("x"))
}

func TestSetAppendRemove(t *testing.T) {
	t.Parallel()
	items := workitem.Items{}
	items.Set(" $TaskID ", 100)
	items.Append("$taskid", 200, nil, "x")
	require.Equal(t, []any{int64(100), int64(200), "x"}, items.Values("$TASKID"))
	items.Set("$taskid", nil, "y", nil)
	require.Equal(t, []any{"y"}, items.Values("$taskid"))
	items.Append("$taskid", nil)
	items.Append("none", nil)
	require.Equal(t, workitem.Items{"$taskid": {"y"}}, items)
	items.Set("$taskid", nil)
	items.Set("b", "x")
	items.Set("b")
	require.Empty(t, items)
	items.Set("Ä", 1)
	require.True(t, items.Has("ä"))
	items.Remove(" ä ")
	require.Empty(t, items)
	var fault *workitem.TypeError
	require.PanicsWithError(t, (&workitem.TypeError{Value: make(chan int)}).Error(), func() { items.Set("c", make(chan int)) })
	_, err := workitem.Normalize(struct{}{})
	require.ErrorAs(t, err, &fault)
}

func TestCloneIsDeep(t *testing.T) {
	t.Parallel()
	original := func() workitem.Items {
		return workitem.Items{
			"bytes": {[]byte{1}, []byte{}},
			"list":  {workitem.List{workitem.List{"x"}, workitem.Map{"a": "b"}}},
			"map":   {workitem.Map{"a": workitem.List{int64(1)}, "b": []byte{1}}},
			"text":  {"x"},
			"none":  {},
		}
	}
	items := original()
	clone := items.Clone()
	require.Equal(t, items, clone)
	clone["list"][0].(workitem.List)[0].(workitem.List)[0] = "changed"  //nolint:forcetypeassert // made above
	clone["list"][0].(workitem.List)[1].(workitem.Map)["a"] = "changed" //nolint:forcetypeassert // made above
	clone["map"][0].(workitem.Map)["a"].(workitem.List)[0] = "changed"  //nolint:forcetypeassert // made above
	clone["text"][0] = "changed"
	clone.Append("none", "changed")
	clone.Set("more", 1)
	require.Equal(t, original(), items)
}

func TestMergeKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	items := workitem.Items{"a": {"mine"}, "empty": {}}
	items.Merge(workitem.Items{"a": {"theirs"}, "empty": {"theirs"}, "b": {int64(1)}})
	items.Merge(nil)
	require.Equal(t, workitem.Items{"a": {"mine"}, "empty": {}, "b": {int64(1)}}, items)
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("CET", 3600)
	for name, tt := range map[string]struct{ value, want any }{
		"nil":           {nil, nil},
		"int":           {5, int64(5)},
		"int8":          {int8(-5), int64(-5)},
		"int16":         {int16(-5), int64(-5)},
		"int32":         {int32(-5), int64(-5)},
		"uint8":         {uint8(255), int64(255)},
		"uint16":        {uint16(5), int64(5)},
		"uint32":        {uint32(math.MaxUint32), int64(math.MaxUint32)},
		"float32":       {float32(0.5), 0.5},
		"date":          {time.Date(2026, 1, 1, 1, 0, 0, 123456789, berlin), time.Date(2026, 1, 1, 0, 0, 0, 123e6, time.UTC)},
		"strings":       {[]string{"a", "b"}, workitem.List{"a", "b"}},
		"list":          {[]any{1, nil, []string{"x"}}, workitem.List{int64(1), workitem.List{"x"}}},
		"map":           {map[string]any{"A": 1, "none": nil}, workitem.Map{"A": int64(1)}},
		"items":         {workitem.Items{"a": {1, nil}}, workitem.Map{"a": workitem.List{int64(1)}}},
		"list of maps":  {[]any{map[string]any{"a": float32(1)}}, workitem.List{workitem.Map{"a": 1.0}}},
		"bytes as they": {[]byte{1}, []byte{1}},
	} {
		got, err := workitem.Normalize(tt.value)
		require.NoError(t, err, name)
		require.Equal(t, tt.want, got, name)
	}
	for name, value := range map[string]any{
		"uint64": uint64(1), "struct": struct{}{}, "pointer": new(int), "deep in a list": []any{[]any{complex(1, 1)}},
		"deep in a map": map[string]any{"a": map[string]any{"b": struct{}{}}}, "in items": workitem.Items{"a": {struct{}{}}},
	} {
		_, err := workitem.Normalize(value)
		var fault *workitem.TypeError
		require.ErrorAs(t, err, &fault, name)
		require.ErrorContains(t, err, "cannot be an item value", name)
	}
}

func TestCheckFindsWhatCannotBeStored(t *testing.T) {
	t.Parallel()
	require.NoError(t, workitem.Items{"a": {"x", int64(1), []byte{0, 255}, workitem.Map{"ü": workitem.List{"\U0001F4A5"}}}}.Check(),
		"bytes are stored in base64")
	for name, items := range map[string]workitem.Items{
		"U+0000":                {"a": {"x\x00y"}},
		"U+0000 in a name":      {"a\x00": {"x"}},
		"U+0000 in a list":      {"a": {"x", workitem.List{workitem.List{"\x00"}}}},
		"U+0000 in a map":       {"a": {workitem.Map{"b": "\x00"}}},
		"U+0000 as member name": {"a": {workitem.Map{"\x00": "b"}}},
		"not UTF-8":             {"a": {"\xff"}},
		"half a surrogate":      {"a": {"\xed\xa0\x80"}},
	} {
		err := items.Check()
		var fault *workitem.TextError
		require.ErrorAs(t, err, &fault, name)
	}
}
