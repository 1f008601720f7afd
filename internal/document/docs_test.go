package document_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

// The examples of docs/documents.md are one document in three forms, and the
// limits there are ours.
func TestDocumentsInTheDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "documents.md"))
	require.NoError(t, err)
	want := workitem.Items{
		"$taskid": {int64(100)}, "amount": {500.0}, "due": {time.Date(2030, 3, 5, 14, 7, 9, 123_000_000, time.UTC)}, "empty": {},
		"data": {workitem.Map{"City": workitem.List{"Köln"}, "phones": workitem.List{}}},
		"icon": {[]byte("hello")}, "number": {int64(9876543210)}, "paid": {false}, "pair": {workitem.List{"a", int64(2)}}, "team": {"anna", "bob"},
	}
	examples := regexp.MustCompile("(?s)```(xml|json)\n(.*?)```").FindAllSubmatch(text, -1)
	require.Len(t, examples, 3)
	for _, example := range examples {
		parse := document.ParseJSON
		if string(example[1]) == "xml" {
			parse = document.ParseXML
		}
		items, err := parse(example[2])
		require.NoError(t, err)
		require.Equal(t, want, items)
	}
	requireExample(t, examples[0][2], document.AppendXML(nil, want))
	requireExample(t, examples[1][2], document.AppendTypedJSON(nil, want))
	requireExample(t, examples[2][2], document.AppendJSON(nil, want))
}

// requireExample compares with white space between elements and members aside.
func requireExample(t *testing.T, example, written []byte) {
	t.Helper()
	space := regexp.MustCompile(`([>:,\[{}\]"]|^)\s+([<"{\[\]}0-9tf]|$)`)
	tidy := func(text []byte) string {
		for range 2 {
			text = space.ReplaceAll(text, []byte("$1$2"))
		}
		return string(text)
	}
	require.Equal(t, tidy(written), tidy(example))
}
