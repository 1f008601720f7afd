package script

import (
	"time"

	"github.com/dop251/goja"

	"github.com/postlude/postlude/internal/workitem"
)

// defineList builds what the values of an item are: an array that has the
// methods of a Java list as well.
func (s *sandbox) defineList() {
	s.listOf = s.vm.CreateObject(s.global("Array", "prototype"))
	s.presentOf = s.vm.CreateObject(s.listOf)
	length := func(call goja.FunctionCall) int { return int(s.list(call.This)) }
	get := func(call goja.FunctionCall, i int) goja.Value { return call.This.ToObject(s.vm).Get(index(i)) }
	s.native(s.listOf, "size", func(call goja.FunctionCall) goja.Value { return s.vm.ToValue(length(call)) })
	s.native(s.listOf, "isEmpty", func(call goja.FunctionCall) goja.Value { return s.vm.ToValue(length(call) == 0) })
	s.native(s.listOf, "get", func(call goja.FunctionCall) goja.Value {
		i := int(call.Argument(0).ToInteger())
		if n := length(call); i < 0 || i >= n {
			s.refuse("index %d is out of range, the item has %d values", i, n)
		}
		return get(call, i)
	})
	s.native(s.listOf, "contains", func(call goja.FunctionCall) goja.Value {
		n := length(call)
		s.compared(int64(n) * textLength(call.Argument(0)))
		for i := range n {
			if v := get(call, i); v != nil && v.StrictEquals(call.Argument(0)) {
				return s.vm.ToValue(true)
			}
		}
		return s.vm.ToValue(false)
	})
	// Old scripts ask by workitem.name whether there is an item: compared with
	// anything, the answer counts.
	s.native(s.presentOf, "valueOf", func(goja.FunctionCall) goja.Value { return s.yes })
}

// isPresent reports whether a value is what workitem.name gives.
func (s *sandbox) isPresent(v goja.Value) bool {
	o, ok := v.(*goja.Object)
	return ok && o.Prototype() == s.presentOf
}

// presentList makes the array that workitem.name gives. Its elements are what
// the original makes of workitem.name[0]: numbers, and texts of the rest.
func (s *sandbox) presentList(values []any) goja.Value {
	list := make([]any, len(values))
	for i, v := range values {
		switch v.(type) {
		case bool, time.Time:
			v = workitem.FormatValue(v)
		}
		list[i] = s.value(v)
	}
	return s.newList(list, s.presentOf)
}

// listValue makes the array for a list of values. It is a copy.
func (s *sandbox) listValue(values []any) goja.Value {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = s.value(v)
	}
	return s.newList(list, s.listOf)
}

func (s *sandbox) newList(values []any, prototype *goja.Object) goja.Value {
	o := s.vm.NewArray(values...)
	if err := o.SetPrototype(prototype); err != nil {
		panic(err)
	}
	return o
}

func (s *sandbox) value(v any) goja.Value {
	switch v := v.(type) {
	case time.Time:
		return s.date(v)
	case []byte:
		return s.vm.ToValue(workitem.FormatValue(v))
	case workitem.List:
		return s.listValue(v)
	case workitem.Map:
		o := s.vm.NewObject()
		for name, member := range v {
			if err := o.DefineDataProperty(name, s.value(member), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE); err != nil {
				panic(err)
			}
		}
		return o
	}
	return s.vm.ToValue(v)
}

// date makes a Date, null for the zero time.
func (s *sandbox) date(t time.Time) goja.Value {
	if t.IsZero() {
		return goja.Null()
	}
	o, err := s.vm.New(s.base.Get("Date"), s.vm.ToValue(t.UnixMilli()))
	if err != nil {
		panic(err)
	}
	return o
}
