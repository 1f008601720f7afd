package document_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

const rounds = 3000

func TestXMLComesBackAsItWas(t *testing.T) {
	t.Parallel()
	g := seeded(t, xmlRunes)
	for range rounds {
		items := g.items()
		written := document.AppendXML(nil, items)
		back, err := document.ParseXML(written)
		require.NoError(t, err, "%s", written)
		require.True(t, sameItems(items, back), "%#v came back as %#v from %s", items, back, written)
	}
}

func TestJSONComesBackAsItWas(t *testing.T) {
	t.Parallel()
	g := seeded(t, jsonRunes)
	for range rounds {
		items := g.items()
		for _, write := range []func([]byte, workitem.Items, ...string) []byte{document.AppendJSON, document.AppendTypedJSON} {
			written := write(nil, items)
			require.True(t, json.Valid(written), "%s", written)
			back, err := document.ParseJSON(written)
			require.NoError(t, err, "%s", written)
			require.True(t, sameItems(items, back), "%#v came back as %#v from %s", items, back, written)
		}
	}
}

func TestCollectionsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	g := seeded(t, xmlRunes)
	for size := range 20 {
		documents := make([]workitem.Items, size)
		for i := range documents {
			documents[i] = g.items()
		}
		fromXML, err := document.ParseXMLCollection(document.AppendXMLCollection(nil, documents))
		require.NoError(t, err)
		fromPlain, err := document.ParseJSONCollection(document.AppendJSONCollection(nil, documents))
		require.NoError(t, err)
		fromTyped, err := document.ParseJSONCollection(document.AppendTypedJSONCollection(nil, documents))
		require.NoError(t, err)
		for _, back := range [][]workitem.Items{fromXML, fromPlain, fromTyped} {
			require.Len(t, back, size)
			for i := range back {
				require.True(t, sameItems(documents[i], back[i]), "%#v came back as %#v", documents[i], back[i])
			}
		}
	}
}

func TestEqualItemsGiveEqualBytes(t *testing.T) {
	t.Parallel()
	items := workitem.Items{"m": {workitem.Map{"c": workitem.List{}, "a": workitem.List{}, "b": workitem.List{}}}, "z": {}, "a": {}}
	for range 20 {
		require.Equal(t, document.AppendXML(nil, items), document.AppendXML(nil, items.Clone()))
		require.Equal(t, document.AppendJSON(nil, items), document.AppendJSON(nil, items.Clone()))
	}
}

func TestDoublesAreWrittenAsInJava(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		1: "1.0", 1.5: "1.5", 100: "100.0", 9999999: "9999999.0", 1e7: "1.0E7", 12345678.9: "1.23456789E7", 0.001: "0.001",
		0.00099: "9.9E-4", 1e-5: "1.0E-5", 1e100: "1.0E100", -2.5: "-2.5", math.MaxFloat64: "1.7976931348623157E308",
	} {
		require.Contains(t, string(document.AppendJSON(nil, workitem.Items{"a": {v}})), "["+want+"]")
	}
}

func TestIntegersAreWrittenByTheirSize(t *testing.T) {
	t.Parallel()
	for v, want := range map[int64]string{
		math.MaxInt32: "int", math.MinInt32: "int", math.MaxInt32 + 1: "long", math.MinInt32 - 1: "long",
	} {
		items := workitem.Items{"a": {v}}
		require.Contains(t, string(document.AppendXML(nil, items)), `"xs:`+want+`"`)
		require.Contains(t, string(document.AppendTypedJSON(nil, items)), `"xs:`+want+`"`)
	}
}

func TestSelectedItems(t *testing.T) {
	t.Parallel()
	items := workitem.Items{"a": {"1"}, "b": {"2"}}
	require.JSONEq(t, `{"item":[{"name":"A","value":["1"]},{"name":"zz","value":[]}]}`, string(document.AppendJSON(nil, items, "zz", "A")))
	require.JSONEq(t, `{"document":[{"item":[{"name":"b","value":["2"]}]}]}`,
		string(document.AppendJSONCollection(nil, []workitem.Items{items}, "b")))
	require.Contains(t, string(document.AppendXMLCollection(nil, []workitem.Items{items}, "b")),
		`<document><item name="b"><value xsi:type="xs:string">2</value></item></document></data>`)
}

func TestWritersTakeWhatIsNoItemValue(t *testing.T) {
	t.Parallel()
	items := workitem.Items{
		"a": {nil, 5, []string{"x"}, make(chan int)}, "b": {"p\x00q\xffr\x01"}, "c": {workitem.Map{"x": "bare"}},
		"d": {time.Date(2024, 3, 5, 14, 7, 9, 123456789, time.FixedZone("", 3600))},
	}
	want := workitem.Items{
		"a": {int64(5), workitem.List{"x"}}, "b": {"pqr"}, "c": {workitem.Map{"x": workitem.List{"bare"}}},
		"d": {time.Date(2024, 3, 5, 13, 7, 9, 123_000_000, time.UTC)},
	}
	back, err := document.ParseXML(document.AppendXML(nil, items))
	require.NoError(t, err)
	require.Equal(t, want, back)
	want["b"] = []any{"pqr\x01"}
	back, err = document.ParseJSON(document.AppendTypedJSON(nil, items))
	require.NoError(t, err)
	require.Equal(t, want, back)
	back, err = document.ParseJSON(document.AppendJSON(nil, items))
	require.NoError(t, err)
	require.Equal(t, want, back)
}

// What is read can be stored and read again, however deep it is.
func TestWhatIsReadCanBeStored(t *testing.T) {
	t.Parallel()
	for depth := 1; depth < 120; depth++ {
		for _, key := range []string{"x", "@x"} {
			text := strings.Repeat(`[[{"name":"`+key+`","value":`, depth) + `[1]` + strings.Repeat(`}]]`, depth)
			checkStorable(t, text)
		}
		checkStorable(t, strings.Repeat(`[`, depth)+`1`+strings.Repeat(`]`, depth))
	}
}

func checkStorable(t *testing.T, value string) {
	t.Helper()
	items, err := document.ParseJSON([]byte(`{"item":[{"name":"a","value":` + value + `}]}`))
	if err != nil {
		require.ErrorIs(t, err, document.ErrLimit)
		return
	}
	back, err := workitem.ParseJSON(workitem.AppendJSON(nil, items))
	require.NoError(t, err)
	require.True(t, sameItems(items, back))
	fromXML, err := document.ParseXML(document.AppendXML(nil, items))
	require.NoError(t, err)
	require.True(t, sameItems(items, fromXML))
}
