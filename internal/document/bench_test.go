package document_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

// page is a hundred workitems of thirty items, 2.6 KB each as they are stored.
func page() []workitem.Items {
	documents := make([]workitem.Items, 100)
	for i := range documents {
		items := workitem.Items{
			"$uniqueid": {"018f2b5c-9f2e-7d41-8b1a-3f0a4c1d2e3f"}, "$taskid": {int64(5100)}, "$lasteventdate": {time.UnixMilli(int64(i) * 1e9).UTC()},
			"amount": {1234.5}, "paid": {false}, "team": {"anna", "bob", "carla"}, "_subject": {"Invoice of Müller & Söhne"},
			"data": {workitem.Map{"n": workitem.List{int64(i)}, "text": workitem.List{"x"}}},
		}
		for n := range 20 {
			items[fmt.Sprintf("field.%d", n)] = []any{fmt.Sprintf("a value of some length, number %d", n)}
			items.Append("$eventlog", fmt.Sprintf("2026-03-01T12:%02d:00.000|invoice-2.4|1000.10|5100|the reminder was sent", n))
		}
		documents[i] = items
	}
	return documents
}

// BenchmarkPage also shows what encoding/xml needs for the tokens alone.
func BenchmarkPage(b *testing.B) {
	documents := page()
	for _, form := range []struct {
		name  string
		write func([]byte, []workitem.Items, ...string) []byte
		read  func([]byte) ([]workitem.Items, error)
	}{
		{"xml", document.AppendXMLCollection, document.ParseXMLCollection},
		{"plain", document.AppendJSONCollection, document.ParseJSONCollection},
		{"typed", document.AppendTypedJSONCollection, document.ParseJSONCollection},
	} {
		text := form.write(nil, documents)
		b.Run("write/"+form.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			var buffer []byte
			for b.Loop() {
				buffer = form.write(buffer[:0], documents)
			}
		})
		b.Run("read/"+form.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				_, err := form.read(text)
				require.NoError(b, err)
			}
		})
	}
	b.Run("read/encoding-xml", func(b *testing.B) {
		text := document.AppendXMLCollection(nil, documents)
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			decoder := xml.NewDecoder(bytes.NewReader(text))
			for err := error(nil); !errors.Is(err, io.EOF); {
				_, err = decoder.Token()
			}
		}
	})
}

// TestTimeIsLinear doubles texts that make a careless reader slow, and the time
// must not grow by much more.
func TestTimeIsLinear(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]string{
		"comments": "a<!---->", "sections": "<![CDATA[a]]>", "references": "&lt;", "brackets": "]] ", "carriage returns": "\r",
	} {
		text := xmlValue(`<value xsi:type="xs:string">` + string(bytes.Repeat([]byte(part), 1<<20/len(part)*4)) + `</value>`)
		start := time.Now()
		_, err := document.ParseXML([]byte(text))
		require.NoError(t, err)
		require.Less(t, time.Since(start), 5*time.Second, name)
	}
}
