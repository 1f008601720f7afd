package script

import (
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
)

// regexpLimit bounds one match of a regular expression that backtracks.
const regexpLimit = 50 * time.Millisecond

// limitRegexps sets the limit that the engine's regular expressions are
// compiled with. The library has no other place for it.
//
//nolint:gochecknoglobals // guards a global of the library against a second write
var limitRegexps = sync.OnceFunc(func() { regexp2.DefaultMatchTimeout = regexpLimit })

// guardRegexps bounds regular expressions. A match that takes too long stops
// the script: to the engine it looks like no match, which would be a wrong
// answer.
func (s *sandbox) guardRegexps() {
	prototype := s.global("RegExp", "prototype")
	source := s.patternSource(prototype)
	sizes := patternSizes{}
	for _, name := range []string{"exec", "test"} {
		original, _ := goja.AssertFunction(prototype.Get(name))
		s.native(prototype, name, func(call goja.FunctionCall) goja.Value {
			if s.textArgument(&call, 0) > maxSubject {
				s.refuse("text is too long for a regular expression")
			}
			if length := textLength(call.Argument(0)); length > maxSteps/maxProgram && length*int64(sizes.of(source(call.This))) > maxSteps {
				s.refuse("text is too long for this regular expression")
			}
			begin := time.Now()
			value := s.call(original, call)
			if time.Since(begin) >= regexpLimit {
				s.watch.kill(ErrTimeLimit)
			}
			return value
		})
	}
	s.replaceConstructor(prototype)
}

// patternSource returns a function that gives the text of a regular
// expression, whatever a script has made of the property source. It is "" for
// anything else.
func (s *sandbox) patternSource(prototype *goja.Object) func(goja.Value) string {
	get, err := s.vm.RunString("(function (o) { return Object.getOwnPropertyDescriptor(o, 'source').get })")
	if err != nil {
		panic(err)
	}
	getter, _ := goja.AssertFunction(get)
	found, err := getter(goja.Undefined(), prototype)
	if err != nil {
		panic(err)
	}
	source, _ := goja.AssertFunction(found)
	return func(v goja.Value) string {
		if !isRegexp(v) {
			return ""
		}
		text, err := source(v)
		if err != nil {
			panic(err)
		}
		return text.String()
	}
}

func isRegexp(v goja.Value) bool {
	o, ok := v.(*goja.Object)
	return ok && o.ClassName() == "RegExp"
}

// replaceConstructor puts a RegExp in place of the original that bounds the
// length and the size of a pattern. A copy of a regular expression, with other
// flags even, is no larger than what was allowed before.
func (s *sandbox) replaceConstructor(prototype *goja.Object) {
	original := s.global("RegExp")
	constructor := s.vm.ToValue(func(call goja.ConstructorCall) *goja.Object {
		s.enter("RegExp")
		defer s.leave()
		plain := goja.FunctionCall{Arguments: call.Arguments}
		s.patternArgument(&plain, true)
		s.textArgument(&plain, 1)
		o, err := s.vm.New(original, plain.Arguments...)
		if err != nil {
			panic(err)
		}
		return o
	}).ToObject(s.vm)
	s.define(constructor, "name", s.vm.ToValue("RegExp"))
	if err := constructor.Set("prototype", prototype); err != nil {
		panic(err)
	}
	s.define(prototype, "constructor", constructor)
	s.define(s.base, "RegExp", constructor)
}

// patternArgument bounds the first argument if it is to become a pattern. A
// regular expression stays what it is.
func (s *sandbox) patternArgument(call *goja.FunctionCall, compiled bool) {
	if len(call.Arguments) == 0 {
		return
	}
	if isRegexp(call.Arguments[0]) {
		return
	}
	limit := int64(maxText)
	if compiled {
		limit = maxPattern
	}
	if s.textArgument(call, 0) > limit {
		s.refuse("pattern is longer than %d characters", limit)
	}
	if compiled && patternSize(call.Arguments[0].String()) > maxProgram {
		s.refuse("%v", errPatternTooLarge)
	}
}
