package document_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

func TestDocumentsAreToldFromOtherJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`[]`: true, ` [{"item":[]}, {"item":[{"name":"a"}]}]`: true, "\ufeff{\"item\":[]}": true, `{"item":[]}`: true, `{"data":[{"item":[]}]}`: true, `{"document":{"item":[]}} `: true, `{"item":{"name":"a"}}`: true,
		``: false, `{}`: false, `5`: false, `{"item":null}`: false, `{"item":[null]}`: false, `{"item":[{}]}`: false, `{"item":[],"item":[]}`: false,
		`{"item":[{"name":"\u0000"}]}`: true, `{"item":[{"name":"\ud800"}]}`: true, "{\"item\":[{\"name\":\"\xff\"}]}": true,
		`{"item":[{"name":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}]}`: true,
		// what would be read in part, and the rest of it skipped
		`[{}]`: false, `[1]`: false, `[{"item":[]},5]`: false, `[{"item":[]},{"$eventid":10}]`: false, `[{"document":[]}]`: false, `[[]]`: false,
		`{"item":[{"name":"Pen","price":5}]}`: false, `{"item":{"name":"Pen","price":5,"value":1}}`: false, `{"item":[{"value":2}]}`: false,
		`{"data":{"item":[],"customer":"x"}}`: false, `{"data":[{"item":[],"order":7}]}`: false, `{"document":[{"item":[]},{}]}`: false,
		`{"$eventid":10,"item":[]}`: false, `{"data":{"a":1}}`: false,
		`{"item":[]}x`: false, `{"item":[]}` + "\x00": false, `{"item":[`: false, `{"item":[{"name":1},{}]}`: false, `{"item":[],"b":1}`: false,
	} {
		require.Equal(t, want, document.IsJSON([]byte(text)), "%s", text)
	}
}

// Every document that can be read is one, the deepest too.
func TestTheDeepestDocumentsAreTold(t *testing.T) {
	t.Parallel()
	list, mapping := any("x"), any("x")
	for range document.MaxDepth {
		list = workitem.List{list}
	}
	for range document.MaxDepth / 2 {
		mapping = workitem.Map{"m": workitem.List{mapping}}
	}
	for _, value := range []any{list, mapping} {
		items := workitem.Items{"a": {value}}
		for _, text := range [][]byte{document.AppendJSON(nil, items), document.AppendTypedJSON(nil, items), document.AppendJSONCollection(nil, []workitem.Items{items})} {
			_, err := document.ParseJSONCollection(text)
			require.NoError(t, err)
			require.True(t, document.IsJSON(text), "%s", text)
		}
	}
	require.False(t, document.IsJSON([]byte(`{"item":[{"name":`+strings.Repeat("[", 1<<20))))
}

// Whether it is one must not cost more than to refuse it. It is not parallel since it
// counts what all allocate.
func TestTellingDocumentsTakesNoMemory(t *testing.T) { //nolint:paralleltest // see above
	text := []byte(`{"item":[` + strings.Repeat(`{"name":1},`, 1<<19) + `{"name":1}]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.True(t, document.IsJSON(text))
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(len(text))*4)
}
