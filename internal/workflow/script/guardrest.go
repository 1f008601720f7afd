package script

import (
	"strconv"

	"github.com/dop251/goja"
)

// guardRest is for single functions that other guards do not cover.
func (s *sandbox) guardRest() {
	iterator, err := s.vm.RunString("Object.getPrototypeOf([][Symbol.iterator]())")
	if err != nil {
		panic(err)
	}
	// An array may grow while a native function walks along it.
	s.guard(iterator.ToObject(s.vm), "next", func(*goja.FunctionCall) {})
	// A text as long as it may be takes its time to become a number.
	for name, o := range map[string]*goja.Object{
		"max": s.global("Math"), "min": s.global("Math"), "hypot": s.global("Math"),
		"fromCharCode": s.global("String"), "fromCodePoint": s.global("String"),
	} {
		s.guard(o, name, func(call *goja.FunctionCall) {
			for i := range call.Arguments {
				s.alive()
				s.integer(call, i)
			}
		})
	}
	s.guard(s.global("JSON"), "parse", func(call *goja.FunctionCall) {
		s.textArgument(call, 0)
		if depthOfJSON(call.Argument(0).String()) > maxJSON {
			s.refuse("JSON is nested deeper than %d", maxJSON)
		}
	})
}

// depthOfJSON returns how deep a text nests. It need not be valid.
func depthOfJSON(text string) int {
	depth, deepest, inText := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '[' || c == '{':
			depth++
			deepest = max(deepest, depth)
		case c == ']' || c == '}':
			depth--
		}
	}
	return deepest
}

func index(i int) string { return strconv.Itoa(i) }
