package workitem

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// Clone returns a deep copy.
func (it Items) Clone() Items {
	c := make(Items, len(it)+4)
	for name, values := range it {
		c[name] = cloneList(values)
	}
	return c
}

// Merge copies from other the items that it does not have. The values are
// shared, not copied.
func (it Items) Merge(other Items) {
	for name, values := range other {
		if _, ok := it[name]; !ok {
			it[name] = values
		}
	}
}

// Select returns a deep copy of some of the items. A name is one of
//
//   - the name of an item that exists;
//   - "name|other": the item, under the other name;
//   - else a regular expression: every item in whose name it is found.
//
// Names of items that do not exist select nothing. The error says which regular
// expression does not compile.
func (it Items) Select(names ...string) (Items, error) {
	selected := Items{}
	for _, name := range names {
		from, to, renamed := strings.Cut(name, "|")
		if !renamed {
			to = from
		}
		if values, ok := it[normalizeName(from)]; ok {
			selected[normalizeName(to)] = cloneList(values)
			continue
		}
		if renamed {
			continue
		}
		pattern, err := regexp.Compile(name)
		if err != nil {
			return nil, fmt.Errorf("select items: %w", err)
		}
		for found, values := range it {
			if pattern.MatchString(found) {
				selected[found] = cloneList(values)
			}
		}
	}
	return selected, nil
}

func cloneList(values []any) []any {
	c := make([]any, len(values))
	for i, v := range values {
		c[i] = cloneValue(v)
	}
	return c
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case []byte:
		return bytes.Clone(v)
	case List:
		return cloneList(v)
	case Map:
		m := make(Map, len(v))
		for k, e := range v {
			m[k] = cloneValue(e)
		}
		return m
	}
	return v
}

// equal compares two item values.
func equal(a, b any) bool {
	switch a := a.(type) {
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	case List, Map:
		return reflect.DeepEqual(a, b)
	}
	switch b.(type) {
	case []byte, List, Map: // cannot be compared by ==
		return false
	}
	return a == b
}
