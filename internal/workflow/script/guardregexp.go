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
	for _, name := range []string{"exec", "test"} {
		original, _ := goja.AssertFunction(prototype.Get(name))
		s.native(prototype, name, func(call goja.FunctionCall) goja.Value {
			if s.textArgument(&call, 0) > maxSubject {
				s.refuse("text is too long for a regular expression")
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

// replaceConstructor puts a RegExp in place of the original that bounds the
// length of a pattern.
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
	if o, ok := call.Arguments[0].(*goja.Object); ok && o.ClassName() == "RegExp" {
		return
	}
	limit := int64(maxText)
	if compiled {
		limit = maxPattern
	}
	if s.textArgument(call, 0) > limit {
		s.refuse("pattern is longer than %d characters", limit)
	}
}
