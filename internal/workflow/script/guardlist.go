package script

import (
	"strings"

	"github.com/dop251/goja"
)

// guardLists bounds the lists that native functions walk through. They take
// real arrays only: the length of anything else could change between the look
// and the walk.
func (s *sandbox) guardLists() {
	list := s.global("Array", "prototype")
	for _, name := range []string{
		"at", "copyWithin", "entries", "every", "fill", "filter", "find", "findIndex", "findLast", "findLastIndex", "flatMap",
		"forEach", "keys", "map", "pop", "push", "reduce", "reduceRight", "reverse",
		"shift", "slice", "some", "splice", "toReversed", "toSpliced", "unshift", "with",
	} {
		if list.Get(name) != nil {
			s.guard(list, name, func(call *goja.FunctionCall) { s.list(call.This) })
		}
	}
	for _, name := range []string{"includes", "indexOf", "lastIndexOf"} {
		s.guard(list, name, func(call *goja.FunctionCall) { s.compared(s.list(call.This) * textLength(call.Argument(0))) })
	}
	for _, name := range []string{"sort", "toSorted"} {
		if list.Get(name) != nil {
			s.guard(list, name, s.beforeSort)
		}
	}
	s.guard(list, "concat", func(call *goja.FunctionCall) {
		total := s.list(call.This)
		for _, a := range call.Arguments {
			if isList(a) {
				total += s.list(a)
			}
		}
		s.boundList(total)
	})
	s.native(list, "join", s.join)
	values := s.guarded(list.Get("values"), "values", func(call *goja.FunctionCall) { s.list(call.This) })
	s.define(list, "values", values)
	if err := list.DefineDataPropertySymbol(goja.SymIterator, values, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
		panic(err)
	}
	s.guard(s.global("Array"), "from", func(call *goja.FunctionCall) {
		switch from := call.Argument(0).(type) {
		case goja.String:
			s.bound(int64(from.Length()))
		case *goja.Object:
			if from.GetSymbol(goja.SymIterator) == nil {
				s.list(from)
			}
		}
	})
	s.guard(s.global("Function", "prototype"), "apply", func(call *goja.FunctionCall) {
		if args := call.Argument(1); !goja.IsUndefined(args) && !goja.IsNull(args) {
			s.list(args)
		}
	})
}

// beforeSort bounds the texts that are compared natively, over and over.
func (s *sandbox) beforeSort(call *goja.FunctionCall) {
	total := int64(0)
	for i := range s.list(call.This) {
		total += textLength(call.This.ToObject(s.vm).Get(index(int(i))))
	}
	s.compared(total)
}

// compared bounds the characters that one native function compares.
func (s *sandbox) compared(characters int64) {
	if characters > 64*maxText {
		s.refuse("too much text to compare")
	}
}

func (s *sandbox) guarded(f goja.Value, name string, before func(call *goja.FunctionCall)) *goja.Object {
	original, _ := goja.AssertFunction(f)
	return s.function(name, func(call goja.FunctionCall) goja.Value {
		before(&call)
		return s.call(original, call)
	})
}

func isList(v goja.Value) bool {
	o, ok := v.(*goja.Object)
	return ok && (o.ClassName() == "Array" || o.ClassName() == "Arguments")
}

// list returns the length of a list.
func (s *sandbox) list(v goja.Value) int64 {
	if !isList(v) {
		panic(s.vm.NewTypeError("not an array"))
	}
	return s.boundList(v.ToObject(s.vm).Get("length").ToInteger())
}

func (s *sandbox) boundList(length int64) int64 {
	if length > maxList {
		s.refuse("list has more than %d elements", maxList)
	}
	return length
}

// join replaces the native function, which would multiply texts that occur
// more than once without a chance to stop it.
func (s *sandbox) join(call goja.FunctionCall) goja.Value {
	length := s.list(call.This)
	separator := ","
	if a := call.Argument(0); !goja.IsUndefined(a) {
		separator = a.String()
	}
	var b strings.Builder
	for i := range int(length) {
		if i > 0 {
			b.WriteString(separator)
		}
		if v := call.This.ToObject(s.vm).Get(index(i)); v != nil && !goja.IsUndefined(v) && !goja.IsNull(v) {
			b.WriteString(v.String())
		}
		s.bound(int64(b.Len()))
	}
	return s.vm.ToValue(b.String())
}
