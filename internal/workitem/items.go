package workitem

import (
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
	ReadAccess       = "$readaccess"
	WriteAccess      = "$writeaccess"
	Owner            = "$owner"
	WorkitemRef      = "$workitemref"
	UniqueIDRef      = "$uniqueidref"
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

// Text returns the first value as text, "" if there is none.
func (it Items) Text(name string) string {
	if values := it.Values(name); len(values) > 0 {
		return FormatValue(values[0])
	}
	return ""
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

func normalizeName(name string) string {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x80 || (c >= 'A' && c <= 'Z') {
			return strings.ToLower(strings.TrimSpace(name))
		}
	}
	return name
}
