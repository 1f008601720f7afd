package document

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"

	"github.com/postlude/postlude/internal/workitem"
)

const (
	xmlHeader     = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
	xmlNamespaces = ` xmlns:xs="` + schemaNamespace + `" xmlns:xsi="` + instanceNamespace + `"`
	xmlNil        = `<value xsi:nil="true"/>`
)

// AppendXML appends items as an XML document with the root "document", items
// in ascending order of their names: equal items give equal bytes. With
// names it writes only those, named as they are asked for; one that is not
// there is written as empty.
//
// Characters that XML 1.0 cannot hold, and bytes that are no UTF-8, are left out.
func AppendXML(dst []byte, items workitem.Items, names ...string) []byte {
	dst = append(dst, xmlHeader...)
	return appendXMLDocument(dst, xmlNamespaces, items, names)
}

// AppendXMLCollection appends documents as one XML document with the root
// "data", each as [AppendXML] writes it.
func AppendXMLCollection(dst []byte, documents []workitem.Items, names ...string) []byte {
	dst = append(dst, xmlHeader+`<data`+xmlNamespaces...)
	if len(documents) == 0 {
		return append(dst, "/>"...)
	}
	dst = append(dst, '>')
	for _, items := range documents {
		dst = appendXMLDocument(dst, "", items, names)
	}
	return append(dst, "</data>"...)
}

func appendXMLDocument(dst []byte, namespaces string, items workitem.Items, names []string) []byte {
	dst = append(dst, "<document"...)
	dst = append(dst, namespaces...)
	list := selected(items, names)
	if len(list) == 0 {
		return append(dst, "/>"...)
	}
	dst = append(dst, '>')
	dst = appendXMLItems(dst, list)
	return append(dst, "</document>"...)
}

func appendXMLItems(dst []byte, list []namedItem) []byte {
	for _, item := range list {
		dst = append(dst, `<item name="`...)
		dst = appendXMLText(dst, item.name, true)
		dst = append(dst, `">`...)
		dst = appendXMLValues(dst, item.values)
		dst = append(dst, "</item>"...)
	}
	return dst
}

func appendXMLValues(dst []byte, values []any) []byte {
	if len(values) == 0 {
		return append(dst, xmlNil...)
	}
	for _, v := range values {
		dst = appendXMLValue(dst, v)
	}
	return dst
}

func appendXMLValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		dst = appendXMLText(append(dst, `<value xsi:type="xs:string">`...), v, false)
	case int64:
		dst = append(dst, `<value xsi:type="`...)
		dst = append(dst, integerType(v)...)
		dst = strconv.AppendInt(append(dst, `">`...), v, 10)
	case float64:
		dst = appendXMLDouble(append(dst, `<value xsi:type="xs:double">`...), v)
	case bool:
		dst = strconv.AppendBool(append(dst, `<value xsi:type="xs:boolean">`...), v)
	case time.Time:
		dst = appendDate(append(dst, `<value xsi:type="xs:dateTime">`...), v, "Z")
	case []byte:
		dst = base64.StdEncoding.AppendEncode(append(dst, `<value xsi:type="xs:base64Binary">`...), v)
	case workitem.List:
		dst = appendXMLValues(append(dst, `<value xsi:type="xmlItem">`...), v)
	case workitem.Map:
		if len(v) == 0 {
			return append(dst, `<value xsi:type="xmlItemArray"/>`...)
		}
		dst = appendXMLItems(append(dst, `<value xsi:type="xmlItemArray">`...), members(v))
	default:
		if v = known(v); v == nil {
			return append(dst, xmlNil...)
		}
		return appendXMLValue(dst, v)
	}
	return append(dst, "</value>"...)
}

// integerType is the narrowest of the two types that integers are written as:
// clients in Java read them as Integer and Long.
func integerType(v int64) string {
	if v >= math.MinInt32 && v <= math.MaxInt32 {
		return "xs:int"
	}
	return "xs:long"
}

func appendXMLDouble(dst []byte, v float64) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(dst, "INF"...)
	case math.IsInf(v, -1):
		return append(dst, "-INF"...)
	}
	return workitem.AppendJavaDouble(dst, v)
}
