package script

import (
	"strings"

	"github.com/dop251/goja"
)

// guardTexts bounds the texts that native functions take and make.
func (s *sandbox) guardTexts() {
	text := s.global("String", "prototype")
	for _, name := range []string{"split", "normalize", "localeCompare", "toUpperCase", "toLowerCase"} {
		s.guard(text, name, func(call *goja.FunctionCall) { s.subject(call) })
	}
	for _, name := range []string{"padStart", "padEnd"} {
		s.guard(text, name, func(call *goja.FunctionCall) {
			s.subject(call)
			s.bound(s.integer(call, 0))
			s.textArgument(call, 1)
		})
	}
	s.guard(text, "repeat", func(call *goja.FunctionCall) {
		length := s.subject(call)
		s.bound(length * max(min(s.integer(call, 0), maxText+1), 0))
	})
	s.guard(text, "concat", func(call *goja.FunctionCall) {
		total := s.subject(call)
		for i := range call.Arguments {
			total += s.textArgument(call, i)
		}
		s.bound(total)
	})
	for _, name := range []string{"match", "matchAll", "search"} {
		s.guard(text, name, func(call *goja.FunctionCall) {
			s.subject(call)
			s.patternArgument(call, true)
		})
	}
	for _, name := range []string{"replace", "replaceAll"} {
		s.guard(text, name, s.beforeReplace)
	}
	s.native(s.base, checkName, s.checkText)
}

// beforeReplace bounds what a replacement can make of a text. In a replacement
// text $& and $1 stand for parts that do not overlap, but $` and $' for all of
// the rest, at every place.
func (s *sandbox) beforeReplace(call *goja.FunctionCall) {
	length := s.subject(call)
	s.patternArgument(call, false)
	if _, ok := goja.AssertFunction(call.Argument(1)); ok {
		return
	}
	size := s.textArgument(call, 1)
	product := (length + 1) * (size + 1)
	if by := call.Argument(1).String(); strings.Contains(by, "$`") || strings.Contains(by, "$'") {
		product *= length + 1
	}
	if product > 16*maxText || product < 0 {
		s.refuse("replacement could become too long")
	}
}

// subject turns the text a function is called on into a plain one and returns
// its length. What a script defines as toString is run once, here, and cannot
// give another text afterwards.
func (s *sandbox) subject(call *goja.FunctionCall) int64 {
	if goja.IsUndefined(call.This) || goja.IsNull(call.This) {
		return 0
	}
	call.This = call.This.ToString()
	return s.bound(textLength(call.This))
}

// textArgument turns an argument into a plain text and returns its length.
func (s *sandbox) textArgument(call *goja.FunctionCall, i int) int64 {
	if i >= len(call.Arguments) || goja.IsUndefined(call.Arguments[i]) {
		return 0
	}
	call.Arguments[i] = call.Arguments[i].ToString()
	return s.bound(textLength(call.Arguments[i]))
}

// integer turns an argument into a plain number and returns it.
func (s *sandbox) integer(call *goja.FunctionCall, i int) int64 {
	if i >= len(call.Arguments) {
		return 0
	}
	plain := call.Arguments[i].ToNumber()
	call.Arguments[i] = plain
	return plain.ToInteger()
}

func (s *sandbox) bound(length int64) int64 {
	if length > maxText {
		s.refuse("text would be longer than %d characters", maxText)
	}
	return length
}

// checkText passes the result of an operator on. A text that is too long stops
// the script: as an exception the script could catch it and go on from there.
func (s *sandbox) checkText(call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	if textLength(v) > maxText {
		s.watch.kill(ErrMemoryLimit)
	}
	return v
}

// textLength returns the length of a text in characters, 0 for anything else.
func textLength(v goja.Value) int64 {
	if t, ok := v.(goja.String); ok {
		return int64(t.Length())
	}
	return 0
}
