// Package workitem holds what a workitem consists of, its items with their
// types, the JSON form that keeps them, and the workitems stored in Postgres.
package workitem

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// Items is what a workitem, or any document, consists of: item names, each
// with a list of values.
//
// Names are lower-case and without space around them; every method brings the
// name it is given into that form. A value is one of string, int64, float64,
// bool, time.Time, []byte, [Map] and [List], as [Normalize] makes them; nil
// never is a value. An item without values is present but empty.
//
// The zero value can be read but not written. Items are not safe for
// concurrent writing.
//
// The getters convert as Imixs' ItemCollection does: a missing item and a
// value of another type give the zero value, never an error.
type Items map[string][]any //nolint:recvcheck // UnmarshalJSON has to replace the map, nothing else has

// Map is a map used as one value. Its members are values themselves, normally
// of type [List].
type Map = map[string]any

// List is a list used as one value.
type List = []any

// Names of the items that the kernel and the store own, as Imixs spells them.
const (
	UniqueID         = "$uniqueid"
	WorkitemID       = "$workitemid"
	TransactionID    = "$transactionid"
	ModelVersion     = "$modelversion"
	WorkflowGroup    = "$workflowgroup"
	WorkflowStatus   = "$workflowstatus"
	TaskID           = "$taskid"
	ProcessID        = "$processid"
	EventID          = "$eventid"
	ActivityID       = "$activityid"
	LastTask         = "$lasttask"
	LastEvent        = "$lastevent"
	LastEventDate    = "$lasteventdate"
	EventLog         = "$eventlog"
	EventLogComment  = "$eventlogcomment"
	UniqueIDSource   = "$uniqueidsource"
	UniqueIDVersions = "$uniqueidversions"
	Creator          = "$creator"
	Editor           = "$editor"
	LastEditor       = "$lasteditor"
	Created          = "$created"
	Modified         = "$modified"
	Type             = "type"
)

// Values returns the values of an item, nil if it is absent. The slice is the
// live one: whoever changes it changes the item.
func (it Items) Values(name string) []any { return it[normalizeName(name)] }

// Has reports whether the item is present, with or without values.
func (it Items) Has(name string) bool {
	_, ok := it[normalizeName(name)]
	return ok
}

// Empty reports whether the item is absent, has no value, or has one empty
// string as its only value.
func (it Items) Empty(name string) bool {
	values := it.Values(name)
	switch len(values) {
	case 0:
		return true
	case 1:
		s, ok := values[0].(string)
		return ok && s == ""
	}
	return false
}

// Set replaces the values of an item. Without a value, or with nil as the only
// one, the item is removed. It panics if a value has no item type (see
// [Normalize]); values from outside go through Normalize first.
func (it Items) Set(name string, values ...any) {
	kept := normalizeAll(values)
	if len(values) == 0 || (len(kept) == 0 && len(values) == 1) {
		delete(it, normalizeName(name))
		return
	}
	it[normalizeName(name)] = kept
}

// Append adds values behind those the item has. nil is skipped.
func (it Items) Append(name string, values ...any) {
	name = normalizeName(name)
	if kept := normalizeAll(values); len(kept) > 0 {
		it[name] = append(it[name], kept...)
	}
}

// Remove deletes an item.
func (it Items) Remove(name string) { delete(it, normalizeName(name)) }

// Text returns the first value as text, "" if there is none.
func (it Items) Text(name string) string {
	if values := it.Values(name); len(values) > 0 {
		return FormatValue(values[0])
	}
	return ""
}

// Int returns the first value as an integer: a number is truncated, a text is
// read as a number first. 0 if there is none or it is no number.
func (it Items) Int(name string) int {
	values := it.Values(name)
	if len(values) == 0 {
		return 0
	}
	switch v := values[0].(type) {
	case int64:
		return int(v)
	case float64:
		return truncate(v)
	case string:
		if n, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			return truncate(n)
		}
	}
	return 0
}

// Bool returns whether the first value reads "true", in any case.
func (it Items) Bool(name string) bool { return strings.EqualFold(it.Text(name), "true") }

// Date returns the first value if it is a date-time, else the zero time.
func (it Items) Date(name string) time.Time {
	if values := it.Values(name); len(values) > 0 {
		if t, ok := values[0].(time.Time); ok {
			return t
		}
	}
	return time.Time{}
}

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

// truncate cuts the fraction; what does not fit becomes the nearest integer
// that does, as a cast in Java does.
func truncate(f float64) int {
	switch {
	case math.IsNaN(f):
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int(f)
}

func normalizeName(name string) string {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x80 || (c >= 'A' && c <= 'Z') {
			return strings.ToLower(strings.TrimSpace(name))
		}
	}
	return name
}
