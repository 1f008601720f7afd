package document_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/document"
)

// A text must not come back in its error, however large it is.
func TestErrorsAreShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 50_000)
	name := strings.Repeat("n", 100_000)
	for _, text := range []string{
		`{"item":[{"name":"a","value":[` + strings.Repeat("1", 100_000) + `]}]}`,
		`{"item":[{"name":"a","value":[1e` + strings.Repeat("1", 100_000) + `]}]}`,
		jsonValue(`{"@type":"` + long + `"}`), jsonValue(`{"@type":"xs:int","$":"` + long + `"}`),
		`{"` + long + `":1,}`, `{"item":[{"name":"` + long + `\u0001"}]}`,
	} {
		_, err := document.ParseJSON([]byte(text))
		requireShort(t, text, err)
	}
	for _, text := range []string{
		`<` + name + `>`, `</` + name + `>`, `<document></` + name + `>`, `<` + name + `></document>`, `<` + name + `/>`, `<a:` + name + `/>`,
		`<a:b:` + name + `/>`, `<document ` + name + `/>`, `<document ` + name + `="" ` + name + `=""/>`, `<document a:` + name + `=""/>`,
		`<document ` + name + `:a=""/>`, `<document a:b:` + name + `=""/>`, `<document xmlns="` + long + `"/>`, `<document>&` + name + `;</document>`,
		`<?xml version="` + long + `"?><document/>`, `<?xml version="1.0" encoding="` + long + `"?><document/>`,
		xmlValue(`<value xsi:type="` + long + `"/>`), xmlValue(`<value xsi:type="xs:` + long + `"/>`),
		xmlValue(`<value xsi:type="xs:int">` + long + `</value>`), xmlValue(`<value><` + name + `/></value>`),
	} {
		_, err := document.ParseXML([]byte(text))
		requireShort(t, text, err)
	}
}

func requireShort(t *testing.T, text string, err error) {
	t.Helper()
	require.Error(t, err, "%.60s", text)
	require.Less(t, len(err.Error()), 500, "%.60s", text)
	require.NotContains(t, err.Error(), "\ufffd", "%.60s", text)
}

// A large value is in memory twice besides the text: as what it means, and as what
// the item gets. It is not parallel since it counts what all allocate.
func TestALargeValueTakesItsSizeTwice(t *testing.T) { //nolint:paralleltest // see above
	const size = 8 << 20
	for name, value := range map[string]string{
		"carriage returns": `<value xsi:type="xs:string">` + strings.Repeat("\r", size) + `</value>`,
		"plain":            `<value xsi:type="xs:string">` + strings.Repeat("a", size) + `</value>`,
		"section":          `<value xsi:type="xs:string"><![CDATA[` + strings.Repeat("\r", size) + `]]></value>`,
		"bytes":            `<value xsi:type="xs:base64Binary">` + strings.Repeat("AA A A ", size/7) + `</value>`,
		"blanks":           strings.Repeat(" \r", size/2),
	} {
		text := []byte(xmlValue(value))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := document.ParseXML(text)
		runtime.ReadMemStats(&after)
		require.NoError(t, err, name)
		require.Less(t, int(after.TotalAlloc-before.TotalAlloc), 2*size+size/4, name)
	}
}

// A name that one form cannot hold, or nobody could read, is not written at all:
// the rest of it is perhaps that of another item.
func TestNamesThatAreNotWritten(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"\x01", "a\x01", "\uffffa", "a\xff", "", " "} {
		items := map[string][]any{"a": {"x"}, name: {"forged"}}
		for form, text := range map[string][]byte{
			"XML": document.AppendXML(nil, items), "JSON": document.AppendJSON(nil, items), "typed JSON": document.AppendTypedJSON(nil, items),
			"selected": document.AppendXML(nil, items, "a", name),
			"members":  document.AppendXML(nil, map[string][]any{"m": {map[string]any{name: []any{"forged"}, "": []any{}}}}),
		} {
			if form != "members" || strings.TrimSpace(name) != "" { // members may have such names
				require.NotContains(t, string(text), "forged", "%q as %s", name, form)
			}
			parse := document.ParseXML
			if text[0] == '{' {
				parse = document.ParseJSON
			}
			_, err := parse(text)
			require.NoError(t, err, "%s", text)
		}
	}
}
