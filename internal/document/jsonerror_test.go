package document_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func jsonValue(value string) string { return `{"item":[{"name":"a","value":` + value + `}]}` }

func TestJSONThatIsRefused(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"":                          "the text ends where a value is expected",
		" ":                         "the text ends",
		"nope":                      "expected a value",
		"{":                         "the text ends",
		"[1,]":                      "expected a value",
		"{}}":                       "text after the end",
		`{"a" 1}`:                   `expected ':'`,
		`{"a":01}`:                  "not a number",
		"{\"a\":\"\x01\"}":          "control character",
		"{\"a\":\"\xff\"}":          "not UTF-8",
		`{"a":"\u0000"}`:            "U+0000",
		`{"a":"\ud800"}`:            "not an escape",
		`{"a":"\udc00\ud800"}`:      "not an escape",
		`{"a":"\u12"}`:              "not an escape",
		`{"a":"\x"}`:                "not an escape",
		`{"a":"\`:                   "ends within a string",
		`{"item":[1]}`:              "expected '{'",
		`{"item":[],"item":[]}`:     `the member "item" is there twice`,
		`{"data":[],"document":[]}`: `the member "document" is there twice`,
		`{"item":[{"value":[1]}]}`:  "an item has no name",
		`{"item":[{"name":"a","name":"b","value":1}]}`: "twice",
		`{"item":[{"name":1,"value":1}]}`:              `expected '"'`,
		`{"item":[]} {"item":[]}`:                      "text after the end",
		"{}":                                           "0 documents where one is expected",
		`[{"item":[]},{"item":[]}]`:                    "2 documents",

		jsonValue(`9223372036854775808`): "the integer 9223372036854775808 does not fit into 64 bits",
		jsonValue(`1e400`):               "the number 1e400 does not fit into a double",
		jsonValue(`-1e400`):              "the number -1e400 does not fit into a double",
		jsonValue(`{"@type":"xs:dateTime","$":"2024-03-05T14:07:09.123+14:59"}`): "not a value of the type xs:datetime",
		`{"item":[{"name":"\u0001","value":1}]}`:                                 "has a character that XML cannot hold",
		`{"item":[{"name":"a\uffff"}]}`:                                          "has a character that XML cannot hold",
		jsonValue(`[[{"name":"a\u001f","value":1}]]`):                            "has a character that XML cannot hold",
		jsonValue(`{"foo":1}`):                                                   "an object that is no value",
		jsonValue(`{"name":"x"}`):                                                "an object that is no value",
		jsonValue(`{"value":[1],"$":"x"}`):                                       "an object that is no value",
		jsonValue(`[[{"name":"x","value":1},2]]`):                                "an array with items and with values",
		jsonValue(`{"@type":"xs:int","$":"abc"}`):                                "not a value of the type xs:int",
		jsonValue(`{"@type":"xs:int","$":"2147483648"}`):                         "not a value of the type xs:int",
		jsonValue(`{"@type":"xs:int"}`):                                          "not a value of the type xs:int",
		jsonValue(`{"@type":"xs:dateTime","$":"x"}`):                             "not a value of the type xs:datetime",
		jsonValue(`{"@type":"xs:base64Binary","$":"?"}`):                         "not a value of the type",
		jsonValue(`{"@type":"xmlItem","$":"?"}`):                                 "not a value of the type",
		jsonValue(`{"@type":"xs:string","value":[1]}`):                           "not a value of the type",
		jsonValue(`{"@type":"xs:string","$":true}`):                              `expected '"'`,
		jsonValue(`{"@type":null,"$":"x"}`):                                      `expected '"'`,
	} {
		_, err := document.ParseJSON([]byte(text))
		var e *document.ParseError
		require.ErrorAs(t, err, &e, "%s", text)
		require.Contains(t, err.Error(), reason, "%s", text)
		require.LessOrEqual(t, e.Offset, len(text))
		require.NotErrorIs(t, err, document.ErrLimit)
	}
}

func TestJSONThatIsTaken(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]workitem.List{
		`5`:                                  {int64(5)},
		`[5, 5.0, 5e0, -0]`:                  {int64(5), 5.0, 5.0, negativeZero()},
		`[true, null, "x"]`:                  {true, "x"},
		`["2024-03-05T14:07:09.123Z"]`:       {at("2024-03-05T14:07:09.123Z")},
		`["2024-03-05T14:07:09Z"]`:           {"2024-03-05T14:07:09Z"},
		`["2024-02-30T14:07:09.123Z"]`:       {"2024-02-30T14:07:09.123Z"},
		`"\ud83d\ude00\/\b\f\t"`:             {"😀/\b\f\t"},
		`[[]]`:                               {workitem.Map{}},
		`[{"value":[]}]`:                     {workitem.List{}},
		`[["p", ["q"]]]`:                     {workitem.List{"p", workitem.List{"q"}}},
		`[[{"name":"X","value":"y"}]]`:       {workitem.Map{"X": workitem.List{"y"}}},
		`[[{"name":"X"}]]`:                   {workitem.Map{}},
		`{"item":{"name":"x","value":1}}`:    {workitem.Map{"x": workitem.List{int64(1)}}},
		`{"@type":"xmlItemArray"}`:           {workitem.Map{}},
		`{"@type":"XMLItem"}`:                {workitem.List{}},
		`{"$":"Z","@type":"xs:string"}`:      {"Z"},
		`{"$":"x","extra":[{}]}`:             {"x"},
		`{"@type":"xs:string"}`:              {},
		`[{}]`:                               {},
		`{"@type":"XS:LONG","$":9876543210}`: {int64(9876543210)},
		`{"@type":"xs:double","$":" 1.5d "}`: {1.5},
		`{"@type":"xs:string","$":1e3}`:      {"1E+3"},
		`{"@type":"xs:string","$":12e9223372036854775807}`:              {"12e9223372036854775807"},
		`{"@type":"xs:string","$":1.5e-9223372036854775807}`:            {"1.5e-9223372036854775807"},
		`{"@type":"xs:string","$":12e2147483647}`:                       {"1.2E+2147483648"},
		`{"@type":"xs:string","$":12e2147483648}`:                       {"12e2147483648"},
		`{"@type":"xs:dateTime","$":"2024-03-05T14:07:09.5+01:00"}`:     {at("2024-03-05T13:07:09.5Z")},
		`{"@type":"xs:base64Binary","$":"aGVsbG8="}`:                    {[]byte("hello")},
		`[{"@type":"xs:int","$":"5"},{"$":"6"},"x",{"$":"7"}]`:          {int64(5), int64(6), "x", int64(7)},
		`[[{"@type":"xs:int","$":"5"},{"$":"6"}],{"$":"7"}]`:            {workitem.List{int64(5), int64(6)}, "7"},
		`{"@type":"xmlItem","value":{"@type":"xmlItem","value":["p"]}}`: {workitem.List{workitem.List{"p"}}},
	} {
		items, err := document.ParseJSON([]byte("\ufeff" + jsonValue(text)))
		require.NoError(t, err, "%s", text)
		require.True(t, sameItems(workitem.Items{"a": want}, items), "%s: %#v", text, items)
	}
}

func negativeZero() float64 { zero := 0.0; return -1 * zero }

func TestWhereDocumentsAreFound(t *testing.T) {
	t.Parallel()
	const one = `{"item":[{"name":" A ","value":1}]}`
	for text, want := range map[string]int{
		`{}`: 0, `[]`: 0, `5`: 0, `null`: 0, `"x"`: 0, `{"other":[{"item":[]}]}`: 0, `{"data":[]}`: 0, `[1,[],{}]`: 0,
		one: 1, `{"data":` + one + `}`: 1, `{"document":[` + one + `]}`: 1, `{"x":{},"data":[` + one + `,` + one + `]}`: 2,
		`[` + one + `,` + one + `]`: 2,
	} {
		documents, err := document.ParseJSONCollection([]byte(text))
		require.NoError(t, err, "%s", text)
		require.Len(t, documents, want, "%s", text)
		for _, items := range documents {
			require.Equal(t, workitem.Items{"a": {int64(1)}}, items)
		}
	}
}

func TestTruncatedJSON(t *testing.T) {
	t.Parallel()
	items := workitem.Items{"a": {"x\"y", int64(1), workitem.Map{"k": workitem.List{"v"}}, workitem.List{true}}, "b": {}}
	for _, text := range [][]byte{
		document.AppendJSONCollection(nil, []workitem.Items{items, items}),
		document.AppendTypedJSONCollection(nil, []workitem.Items{items, items}),
	} {
		for i := range text {
			_, err := document.ParseJSONCollection(text[:i])
			require.Error(t, err, "%s", text[:i])
		}
	}
}

func TestJSONLimits(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }
	_, err := document.ParseJSON([]byte(jsonValue(nested(document.MaxDepth + 1))))
	require.NoError(t, err)
	for name, text := range map[string]string{
		"depth":         jsonValue(nested(document.MaxDepth + 2)),
		"depth of maps": jsonValue(strings.Repeat(`{"item":[`, 1<<20)),
		"depth of rest": `{"x":` + nested(100_000) + `}`,
		"depth of item": `{"item":[{"x":` + nested(100_000) + `}]}`,
		"values":        jsonValue("[" + strings.Repeat("1,", document.MaxValues) + "1]"),
		"items":         `{"item":[` + strings.Repeat(`{"name":"a"},`, document.MaxItems) + `{"name":"a"}]}`,
		"size":          strings.Repeat(" ", document.MaxSize) + "[]",
		"documents":     "[" + strings.Repeat(`{"item":[]},`, document.MaxDocuments) + `{"item":[]}]`,
	} {
		_, err := document.ParseJSONCollection([]byte(text))
		require.ErrorIs(t, err, document.ErrLimit, name)
	}
	for _, text := range []string{nested(100_000), strings.Repeat(" ", document.MaxSize) + `{"k":1}`} {
		_, _, err = document.Lookup([]byte(text), "k")
		require.ErrorIs(t, err, document.ErrLimit)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"k":"v\n"}`: "v\n", `{"a":[{"k":5.50}],"k":1}`: "5.50", `{"k": {"a" : [1, 2]}}`: `{"a":[1,2]}`, `{"k":true}`: "true",
		`{"k":1e3}`: "1E+3", `{"k":0.0000001}`: "1E-7", `{"k":-0}`: "0", `{"k":12e-1}`: "1.2", `{"k":0.012}`: "0.012", `{"k":123E5}`: "1.23E+7",
	} {
		got, ok, err := document.Lookup([]byte(text), "k")
		require.NoError(t, err, "%s", text)
		require.True(t, ok, "%s", text)
		require.Equal(t, want, got, "%s", text)
	}
	for _, text := range []string{"", "{}", `{"k":null}`, `"k"`, `{"x":"k"}`} {
		_, ok, err := document.Lookup([]byte(text), "k")
		require.NoError(t, err, "%s", text)
		require.False(t, ok, "%s", text)
	}
	for _, text := range []string{"nope", `{"k"}`, `{"k":}`, `{"x":1`} {
		_, _, err := document.Lookup([]byte(text), "k")
		var e *document.ParseError
		require.ErrorAs(t, err, &e, "%s", text)
	}
}
