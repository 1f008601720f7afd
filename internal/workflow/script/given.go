package script

import (
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/postlude/postlude/internal/workitem"
)

const (
	// maxWhole is up to where a double counts without gaps.
	maxWhole = 1 << 53
	// valueCost is what a value takes of the budget besides its text.
	valueCost = 16
	// itemCost is what a new item takes.
	itemCost = 128
)

// given returns the item value for a value that a script gives away, nil for
// null and undefined. Whole numbers are integers; arrays and plain objects are
// lists and maps. It throws a TypeError for what cannot be an item value and a
// RangeError when a script gives away too much.
func (s *sandbox) given(v goja.Value, depth int) any {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	s.spend(valueCost)
	switch o := v.(type) {
	case *goja.Symbol:
		s.notAnItem("a symbol")
	case *goja.Object:
		return s.givenObject(o, depth)
	}
	return s.givenPrimitive(v)
}

func (s *sandbox) givenPrimitive(v goja.Value) any {
	switch x := v.Export().(type) {
	case bool, int64:
		return x
	case float64:
		if x == math.Trunc(x) && math.Abs(x) <= maxWhole && !(x == 0 && math.Signbit(x)) {
			return int64(x)
		}
		return x
	}
	return s.givenText(v)
}

func (s *sandbox) givenObject(o *goja.Object, depth int) any {
	if depth > maxNesting {
		s.refuse("value is nested deeper than %d", maxNesting)
	}
	if o == s.workitem.object || o == s.event.object {
		s.notAnItem("a workitem")
	}
	switch class := o.ClassName(); {
	case class == "Date":
		return s.givenDate(o)
	case class == "Array":
		return s.givenList(o, depth)
	case class == "Boolean", class == "Number", class == "String":
		return s.givenPrimitive(o)
	case class == "Object" && o.ExportType() == reflect.TypeFor[map[string]any](): // no Map, Set or Promise
		return s.givenMap(o, depth)
	default:
		s.notAnItem("a value of class " + class)
	}
	return nil
}

func (s *sandbox) givenDate(o *goja.Object) any {
	t, ok := o.Export().(time.Time)
	if !ok {
		return nil // an invalid date
	}
	t = t.UTC().Truncate(time.Millisecond)
	if t.Year() < 0 || t.Year() > 9999 {
		s.refuse("date is beyond the year 9999")
	}
	return t
}

func (s *sandbox) givenList(o *goja.Object, depth int) workitem.List {
	list := workitem.List{}
	for i := range int(s.list(o)) {
		if v := s.given(o.Get(index(i)), depth+1); v != nil {
			list = append(list, v)
		}
	}
	return list
}

func (s *sandbox) givenMap(o *goja.Object, depth int) workitem.Map {
	m := workitem.Map{}
	for _, name := range o.Keys() {
		s.storable(name)
		value := o.Get(name)
		if value == nil && strings.ContainsRune(name, utf8.RuneError) {
			s.refuse("half a surrogate pair cannot be stored in a name")
		}
		if v := s.given(value, depth+1); v != nil {
			m[name] = v
		}
	}
	return m
}

// givenText returns a text that can be stored.
func (s *sandbox) givenText(v goja.Value) string {
	text := v.String()
	s.storable(text)
	return text
}

// storable throws a RangeError for a text that cannot be stored, or is too much.
func (s *sandbox) storable(text string) {
	s.spend(len(text))
	if strings.IndexByte(text, 0) >= 0 {
		s.refuse("the character U+0000 cannot be stored")
	}
}

// spend takes from what a script may give away.
func (s *sandbox) spend(bytes int) {
	if s.budget -= bytes; s.budget < 0 {
		s.refuse("script writes more than %d bytes", maxGiven)
	}
}

func (s *sandbox) notAnItem(what string) {
	panic(s.vm.NewTypeError("%s cannot be an item value", what))
}
