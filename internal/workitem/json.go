package workitem

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dateLayout is ISO 8601 in UTC with the milliseconds that Imixs keeps.
const dateLayout = "2006-01-02T15:04:05.000Z07:00"

// Tags of values that JSON has no form for: an object with the tag as its only
// member stands for the value.
const (
	tagDate   = "@date"
	tagBytes  = "@bytes"
	tagDouble = "@double"
	tagMap    = "@map"
)

// AppendJSON appends the items as one JSON object, name → array of values,
// names in ascending order: equal items give equal bytes.
//
// Every value keeps its type through [ParseJSON]. An integer is a number
// without fraction and exponent, a double always has one of them ("@double"
// names what is no number); date-times and bytes are {"@date": RFC 3339} and
// {"@bytes": base64}; a map is an object, wrapped as {"@map": …} where a
// member's name begins with "@".
//
// Texts are written as they are: what [Items.Check] refuses is refused there,
// not here.
func AppendJSON(dst []byte, it Items) []byte {
	return appendItems(dst, it, slices.Sorted(maps.Keys(it)))
}

func appendItems(dst []byte, it Items, names []string) []byte {
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, name)
		dst = append(dst, ':')
		dst = appendList(dst, it[name])
	}
	return append(dst, '}')
}

// MarshalJSON implements [json.Marshaler] by [AppendJSON].
func (it Items) MarshalJSON() ([]byte, error) { return AppendJSON(nil, it), nil }

// UnmarshalJSON implements [json.Unmarshaler] by [ParseJSON].
func (it *Items) UnmarshalJSON(data []byte) error {
	parsed, err := ParseJSON(data)
	if err != nil {
		return err
	}
	*it = parsed
	return nil
}

var _ json.Marshaler = Items(nil)

func appendList(dst []byte, values []any) []byte {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendValue(dst, v)
	}
	return append(dst, ']')
}

func appendValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return appendString(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return appendTagged(dst, tagDouble, strconv.FormatFloat(v, 'g', -1, 64))
		}
		return appendDouble(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case time.Time:
		return appendTagged(dst, tagDate, v.UTC().Format(dateLayout))
	case []byte:
		return appendTagged(dst, tagBytes, base64.StdEncoding.EncodeToString(v))
	case List:
		return appendList(dst, v)
	case Map:
		return appendMap(dst, v)
	}
	return append(dst, "null"...)
}

func appendTagged(dst []byte, tag, text string) []byte {
	dst = append(dst, '{')
	dst = appendString(dst, tag)
	dst = append(dst, ':')
	dst = appendString(dst, text)
	return append(dst, '}')
}

func appendMap(dst []byte, m Map) []byte {
	names := slices.Sorted(maps.Keys(m))
	wrap := slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "@") })
	if wrap {
		dst = append(dst, `{"`+tagMap+`":`...)
	}
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, name)
		dst = append(dst, ':')
		dst = appendValue(dst, m[name])
	}
	dst = append(dst, '}')
	if wrap {
		dst = append(dst, '}')
	}
	return dst
}

// appendDouble writes the shortest text that reads back as v and is not taken
// for an integer.
func appendDouble(dst []byte, v float64) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'g', -1, 64)
	if !slices.ContainsFunc(dst[start:], func(c byte) bool { return c == '.' || c == 'e' }) {
		dst = append(dst, '.', '0')
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
