package script

import (
	_ "embed"
	"fmt"

	"github.com/dop251/goja"
)

// Limits of one script. Together with the watch they bound what a single call
// of a native function can cost.
const (
	maxCalls   = 500     // JavaScript calls inside each other
	maxNesting = 50      // guarded native functions inside each other
	maxText    = 1 << 18 // characters of a text that a script makes
	maxList    = 10_000  // elements of a list given to a native function
	maxPattern = 1 << 10 // characters of a regular expression
	maxSubject = 1 << 16 // characters it is applied to
	maxJSON    = 100     // depth of a JSON text
	maxGiven   = 1 << 20 // bytes that a script writes into items and returns
)

// sandbox is one JavaScript world. Everything in it is frozen; each script
// gets a global object of its own above it, so that whatever it defines is gone
// with it. A sandbox runs one script at a time.
type sandbox struct {
	vm     *goja.Runtime
	base   *goja.Object // the frozen global object
	yes    goja.Value
	watch  watch
	runs   int
	broken bool

	workitem  *collection
	event     *collection
	listOf    *goja.Object // prototype of lists of values
	presentOf *goja.Object // prototype of the list that workitem.name gives

	depth  int // guarded native functions being run
	budget int // of what the running script may still give away

	insideCall goja.Callable // see inside
	insideRun  func() error
	insideErr  error
}

//go:embed harden.js
var hardenSource string

func newSandbox() (s *sandbox, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("build sandbox: %v", r)
		}
	}()
	limitRegexps()
	vm := goja.New()
	vm.SetMaxCallStackSize(maxCalls)
	s = &sandbox{vm: vm, base: vm.GlobalObject(), yes: vm.ToValue(true)}
	s.watch.vm = vm
	s.guardTexts()
	s.guardLists()
	s.guardRegexps()
	s.guardRest()
	s.defineList()
	s.workitem, s.event = s.newCollection(), s.newCollection()
	s.defineHelpers()
	s.defineInside()
	current := s.function("globalThis", func(goja.FunctionCall) goja.Value { return vm.GlobalObject() })
	if err := s.base.DefineAccessorProperty("globalThis", current, nil, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
		return nil, fmt.Errorf("build sandbox: %w", err)
	}
	harden, err := vm.RunScript("harden.js", hardenSource)
	if err != nil {
		return nil, fmt.Errorf("build sandbox: %w", err)
	}
	call, _ := goja.AssertFunction(harden)
	if _, err := call(goja.Undefined(), s.workitem.prototype, s.event.prototype, s.listOf, s.presentOf); err != nil {
		return nil, fmt.Errorf("build sandbox: %w", err)
	}
	return s, nil
}

// enterScope gives the next script its global object.
func (s *sandbox) enterScope(sc scope) *goja.Object {
	global := s.vm.CreateObject(s.base)
	s.vm.SetGlobalObject(global)
	s.workitem.enter(global, "workitem", sc.workitem, sc.writable)
	s.event.enter(global, "event", sc.event, sc.writable)
	s.depth, s.budget = 0, maxGiven
	return global
}

// leaveScope lets go of what the last script worked on. No code of it may run
// any more.
func (s *sandbox) leaveScope(keep bool) {
	s.workitem.leave(keep)
	s.event.leave(keep)
}

// variable defines a global variable. It is faster than define.
func (s *sandbox) variable(global *goja.Object, name string, value goja.Value) {
	if err := global.Set(name, value); err != nil {
		panic(err)
	}
}

// define sets a property that a script may overwrite, for itself.
func (s *sandbox) define(o *goja.Object, name string, value goja.Value) {
	if err := o.DefineDataProperty(name, value, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
		panic(err)
	}
}

// global returns a property of the global object, or of what a path of names
// leads to from there.
func (s *sandbox) global(path ...string) *goja.Object {
	o := s.base
	for _, name := range path {
		o = o.Get(name).ToObject(s.vm)
	}
	return o
}

// native defines a function. It may be stopped like the script itself, and is
// not entered too deep.
func (s *sandbox) native(o *goja.Object, name string, f func(goja.FunctionCall) goja.Value) {
	s.define(o, name, s.function(name, f))
}

func (s *sandbox) function(name string, f func(goja.FunctionCall) goja.Value) *goja.Object {
	v := s.vm.ToValue(func(call goja.FunctionCall) goja.Value {
		s.enter(name)
		defer s.leave()
		return f(call)
	}).ToObject(s.vm)
	s.define(v, "name", s.vm.ToValue(name))
	return v
}

func (s *sandbox) enter(name string) {
	s.alive()
	if s.depth >= maxNesting {
		s.refuse("%s: nested too deep", name)
	}
	s.depth++
}

func (s *sandbox) leave() { s.depth-- }

// alive leaves a native function when the script has been stopped. The script
// may catch what is thrown, but the engine stops it right then.
func (s *sandbox) alive() {
	if s.watch.stopped.Load() {
		panic(s.vm.NewGoError(ErrTimeLimit))
	}
}

// guard puts a function in front of a native one. It may change the call, or
// refuse it.
func (s *sandbox) guard(o *goja.Object, name string, before func(call *goja.FunctionCall)) {
	original, ok := goja.AssertFunction(o.Get(name))
	if !ok {
		panic("no function " + name)
	}
	s.native(o, name, func(call goja.FunctionCall) goja.Value {
		before(&call)
		return s.call(original, call)
	})
}

func (s *sandbox) call(f goja.Callable, call goja.FunctionCall) goja.Value {
	value, err := f(call.This, call.Arguments...)
	if err != nil {
		panic(err)
	}
	return value
}

// refuse throws a RangeError.
func (s *sandbox) refuse(format string, args ...any) {
	e, err := s.vm.New(s.base.Get("RangeError"), s.vm.ToValue(fmt.Sprintf(format, args...)))
	if err != nil {
		panic(err)
	}
	panic(e)
}
