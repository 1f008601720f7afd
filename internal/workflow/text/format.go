package text

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workitem"
)

// format is how values are shown.
type format struct {
	adapter *adapter
	pattern string // "" is the usual form of each type
	locale  string // "" is that of the scope
}

// javaDate is how Java shows a date that it is not told how to.
const javaDate = "EEE MMM dd HH:mm:ss zzz yyyy"

// show never fails: a date with a bad pattern has the form that Java gives it
// without one, what is no number with a number pattern is 0, and so is a
// number with a bad pattern.
func (f *format) show(value any) string {
	if t, ok := value.(time.Time); ok {
		return f.showDate(t)
	}
	if !strings.Contains(f.pattern, "#") {
		return f.plain(value)
	}
	n, err := toNumber(value)
	if err != nil {
		return "0"
	}
	text, err := f.adapter.findLocale(f.locale).FormatNumber(f.pattern, n)
	if err != nil {
		return "0"
	}
	return text
}

func (f *format) showDate(t time.Time) string {
	p, locale := f.pattern, f.adapter.findLocale(f.locale)
	if p == "" {
		p = locale.ShortDateTime()
	}
	text, err := locale.FormatDate(p, t.In(f.adapter.zone()))
	if err != nil {
		return f.plain(t)
	}
	return text
}

func toNumber(value any) (float64, error) {
	switch v := value.(type) {
	case float64:
		return v, nil
	case int64:
		return float64(v), nil
	case string:
		return workitem.ParseJavaDouble(v)
	}
	return 0, workitem.ErrNoNumber
}

// plain returns a value as Java's toString does: {name=value} for maps and
// [value, value] for lists. The members of a map are in ascending order.
func (f *format) plain(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case time.Time:
		text, err := FindLocale("").FormatDate(javaDate, v.In(f.adapter.zone()))
		if err != nil {
			return ""
		}
		return text
	case workitem.List:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = f.plain(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case workitem.Map:
		parts := make([]string, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, name+"="+f.plain(v[name]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return workitem.FormatValue(value)
}
