package document_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

// What is read is written, and read again as it was, in every form; and
// encoding/xml has nothing against it.
func FuzzParseXML(f *testing.F) {
	f.Add([]byte(xmlValue(`<value xsi:type="xs:string">a &amp; b</value><value xsi:type="xmlItem"><value xsi:nil="true"/></value>`)))
	f.Add([]byte(`<?xml version="1.0"?><!-- c --><document a='b'><item name="A"><value>x</value></item><?p i?></document>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		items, err := document.ParseXML(text)
		if err != nil {
			requireParseError(t, err)
			return
		}
		require.NoError(t, wellFormed(text), "%q", text)
		require.True(t, sameItems(items, readXMLAgain(t, items)), "%q", text)
		require.True(t, sameItems(items, readJSONAgain(t, items)), "%q", text)
	})
}

func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(jsonValue(`[1, 1.5, "x", {"@type":"xs:dateTime","$":"2024-03-05T14:07:09Z"}, [[{"name":"k","value":["v"]}]]]`)))
	f.Add([]byte(`{"data":[{"item":[{"name":"a","value":{"@type":"xmlItem","value":[{"$":"\u00e4"}]}}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _, err := document.Lookup(text, "name")
		requireParseError(t, err)
		told := document.IsJSON(text)
		documents, err := document.ParseJSONCollection(text)
		if err != nil {
			requireParseError(t, err)
			return
		}
		require.True(t, json.Valid(bytes.TrimPrefix(text, []byte("\ufeff"))), "%q", text)
		require.False(t, told && !json.Valid(text), "%q", text)
		for _, items := range documents {
			require.True(t, document.IsJSON(document.AppendJSON(nil, items)), "%q", text)
			require.True(t, sameItems(items, readJSONAgain(t, items)), "%q", text)
		}
	})
}

func requireParseError(t *testing.T, err error) {
	t.Helper()
	var e *document.ParseError
	require.True(t, err == nil || errors.As(err, &e), "%v", err)
}

func wellFormed(text []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func readXMLAgain(t *testing.T, items workitem.Items) workitem.Items {
	t.Helper()
	again, err := document.ParseXML(document.AppendXML(nil, items))
	require.NoError(t, err)
	return again
}

// readJSONAgain goes through all forms of JSON, that of the store included.
func readJSONAgain(t *testing.T, items workitem.Items) workitem.Items {
	t.Helper()
	typed, err := document.ParseJSON(document.AppendTypedJSON(nil, items))
	require.NoError(t, err)
	plain, err := document.ParseJSON(document.AppendJSON(nil, typed))
	require.NoError(t, err)
	stored, err := workitem.ParseJSON(workitem.AppendJSON(nil, plain))
	require.NoError(t, err)
	return stored
}
