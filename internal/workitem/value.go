package workitem

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// TypeError says that a value has no item type.
type TypeError struct {
	Item  string // "" if the value stands alone
	Value any
}

// Error implements error.
func (e *TypeError) Error() string {
	if e.Item == "" {
		return fmt.Sprintf("a value of type %T cannot be an item value", e.Value)
	}
	return fmt.Sprintf("item %q: a value of type %T cannot be an item value", e.Item, e.Value)
}

// TextError says that a text cannot be stored: it holds the character U+0000,
// which Postgres refuses, or is no valid UTF-8.
type TextError struct {
	Item   string
	Reason string
}

// Error implements error.
func (e *TextError) Error() string { return fmt.Sprintf("item %q: %s", e.Item, e.Reason) }

// Normalize returns the item value for a Go value: integers become int64,
// float32 becomes float64, string and byte slices and string maps become
// [List] and [Map], nil stays nil (and is dropped from lists and maps).
// Dates are cut to milliseconds and moved to UTC, as precise as Imixs keeps
// them. Any other type gives a [*TypeError].
func Normalize(value any) (any, error) {
	switch v := value.(type) {
	case nil, string, bool, int64, float64, []byte:
		return v, nil
	case int:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case int8:
		return int64(v), nil
	case uint8:
		return int64(v), nil
	case uint16:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case float32:
		return float64(v), nil
	case time.Time:
		return v.UTC().Truncate(time.Millisecond), nil
	case []string:
		list := make(List, len(v))
		for i, s := range v {
			list[i] = s
		}
		return list, nil
	case List:
		return normalizeList(v)
	case Map:
		m := make(Map, len(v))
		for name, member := range v {
			n, err := Normalize(member)
			if err != nil {
				return nil, err
			}
			if n != nil {
				m[name] = n
			}
		}
		return m, nil
	case Items:
		m := make(Map, len(v))
		for name, values := range v {
			list, err := normalizeList(values)
			if err != nil {
				return nil, err
			}
			m[name] = list
		}
		return m, nil
	}
	return nil, &TypeError{Value: value}
}

func normalizeList(values []any) (List, error) {
	list := make(List, 0, len(values))
	for _, value := range values {
		n, err := Normalize(value)
		if err != nil {
			return nil, err
		}
		if n != nil {
			list = append(list, n)
		}
	}
	return list, nil
}

// normalizeAll is for values of our own making.
func normalizeAll(values []any) []any {
	list, err := normalizeList(values)
	if err != nil {
		panic(err)
	}
	return list
}

// Check returns a [*TextError] for the first item, in no particular order,
// that cannot be stored because of a text in it.
func (it Items) Check() error {
	for name, values := range it {
		if reason := checkText(name); reason != "" {
			return &TextError{Item: name, Reason: "the name " + reason}
		}
		for _, value := range values {
			if reason := checkValue(value); reason != "" {
				return &TextError{Item: name, Reason: reason}
			}
		}
	}
	return nil
}

func checkValue(value any) string {
	switch v := value.(type) {
	case string:
		return checkText(v)
	case List:
		for _, e := range v {
			if reason := checkValue(e); reason != "" {
				return reason
			}
		}
	case Map:
		for name, e := range v {
			if reason := checkText(name); reason != "" {
				return reason
			}
			if reason := checkValue(e); reason != "" {
				return reason
			}
		}
	}
	return ""
}

func checkText(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		return "contains the character U+0000, which cannot be stored"
	}
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	return ""
}
