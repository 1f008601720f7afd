package document

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"

	"github.com/postlude/postlude/internal/workitem"
)

// AppendJSON appends items as a document in plain JSON, {"item": [{"name",
// "value": [values]}]}, items in ascending order of their names. With names it
// writes only those, named as they are asked for; one that is not there is
// written as empty.
//
// What JSON has no form for, and a text that would be taken for a date, is
// written as in [AppendTypedJSON].
func AppendJSON(dst []byte, items workitem.Items, names ...string) []byte {
	return appendJSONDocument(dst, plainJSON{}, items, names)
}

// AppendJSONCollection appends documents as {"document": [documents]}, each as
// [AppendJSON] writes it.
func AppendJSONCollection(dst []byte, documents []workitem.Items, names ...string) []byte {
	return appendJSONDocuments(append(dst, `{"document":[`...), plainJSON{}, documents, names)
}

// AppendTypedJSON appends items as a document in typed JSON: every value is
// {"@type": its type, "$": its text}, and the member "value" of an item is an
// array only if it has not exactly one.
func AppendTypedJSON(dst []byte, items workitem.Items, names ...string) []byte {
	return appendJSONDocument(dst, typedJSON{}, items, names)
}

// AppendTypedJSONCollection appends documents as {"data": [documents]}, each as
// [AppendTypedJSON] writes it.
func AppendTypedJSONCollection(dst []byte, documents []workitem.Items, names ...string) []byte {
	return appendJSONDocuments(append(dst, `{"data":[`...), typedJSON{}, documents, names)
}

// jsonForm is what the two forms do not have in common.
type jsonForm interface {
	appendValues(dst []byte, values []any) []byte
}

func appendJSONDocuments(dst []byte, form jsonForm, documents []workitem.Items, names []string) []byte {
	for i, items := range documents {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONDocument(dst, form, items, names)
	}
	return append(dst, "]}"...)
}

func appendJSONDocument(dst []byte, form jsonForm, items workitem.Items, names []string) []byte {
	dst = append(dst, `{"item":`...)
	dst = appendJSONItems(dst, form, selected(items, names))
	return append(dst, '}')
}

func appendJSONItems(dst []byte, form jsonForm, list []namedItem) []byte {
	dst = append(dst, '[')
	for i, item := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONText(append(dst, `{"name":`...), item.name)
		dst = form.appendValues(append(dst, `,"value":`...), item.values)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

type plainJSON struct{}

func (f plainJSON) appendValues(dst []byte, values []any) []byte {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = f.appendValue(dst, v)
	}
	return append(dst, ']')
}

func (f plainJSON) appendValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		if _, isDate := parsePlainDate(v); isDate {
			break
		}
		return appendJSONText(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			break
		}
		return workitem.AppendJavaDouble(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case time.Time:
		dst = v.UTC().AppendFormat(append(dst, '"'), plainDateLayout)
		return append(dst, '"')
	case workitem.List:
		dst = f.appendValues(append(dst, `{"value":`...), v)
		return append(dst, '}')
	case workitem.Map:
		return appendJSONItems(dst, f, members(v))
	}
	return typedJSON{}.appendValue(dst, value)
}

type typedJSON struct{}

func (f typedJSON) appendValues(dst []byte, values []any) []byte {
	if len(values) == 1 {
		return f.appendValue(dst, values[0])
	}
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = f.appendValue(dst, v)
	}
	return append(dst, ']')
}

func (f typedJSON) appendValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		dst = appendJSONText(append(dst, `{"@type":"xs:string","$":`...), v)
	case int64:
		dst = append(append(dst, `{"@type":"`...), integerType(v)...)
		dst = strconv.AppendInt(append(dst, `","$":"`...), v, 10)
		dst = append(dst, '"')
	case float64:
		dst = workitem.AppendJavaDouble(append(dst, `{"@type":"xs:double","$":"`...), v)
		dst = append(dst, '"')
	case bool:
		dst = strconv.AppendBool(append(dst, `{"@type":"xs:boolean","$":"`...), v)
		dst = append(dst, '"')
	case time.Time:
		dst = appendDate(append(dst, `{"@type":"xs:dateTime","$":"`...), v, "+0000")
		dst = append(dst, '"')
	case []byte:
		dst = base64.StdEncoding.AppendEncode(append(dst, `{"@type":"xs:base64Binary","$":"`...), v)
		dst = append(dst, '"')
	case workitem.List:
		dst = append(dst, `{"@type":"xmlItem","value":`...)
		dst = f.appendValues(dst, v)
	case workitem.Map:
		dst = appendJSONItems(append(dst, `{"@type":"xmlItemArray","item":`...), f, members(v))
	default:
		if v = known(v); v == nil {
			return append(dst, "null"...)
		}
		return f.appendValue(dst, v)
	}
	return append(dst, '}')
}
