package script

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dop251/goja"

	"github.com/postlude/postlude/internal/workitem"
)

// maxIdle is how many sandboxes wait for the next script. More may run.
const maxIdle = 32

// maxRuns is how many scripts a sandbox runs before it is replaced, in case the
// engine remembers something of them. None is known, and building a sandbox
// takes as long as some thousand scripts.
const maxRuns = 100_000

// Engine runs scripts. The zero value is ready; it may be used by any number
// of goroutines and must not be copied after first use.
type Engine struct {
	mu   sync.Mutex
	idle []*sandbox
}

// Error says that a script failed: it does not compile, threw an exception, or
// was stopped (see [ErrTimeLimit], [ErrMemoryLimit]).
type Error struct {
	Source string
	Err    error
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("script %q: %v", shorten(e.Source), e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Holds runs a script on a workitem and returns whether its value, that of its
// last statement, is the boolean true. Any other value is false, except that
// workitem.name, as scripts of old ask whether there is an item, is true. The
// items are not changed.
//
// The error is an [*Error].
func (e *Engine) Holds(p *Program, items workitem.Items, limit time.Duration) (holds bool, err error) {
	if p.always != nil {
		return *p.always, nil
	}
	err = e.run(p, scope{workitem: items}, limit, func(s *sandbox, _ *goja.Object, value goja.Value) error {
		holds = value == s.yes || s.isPresent(value)
		return nil
	})
	return holds && err == nil, err
}

// scope is what one script works on. A variable without items is not defined.
type scope struct {
	workitem, event workitem.Items
	writable        bool
}

// reader takes from a script that has run what is wanted of it: from its global
// object, or its value.
type reader func(s *sandbox, global *goja.Object, value goja.Value) error

func (e *Engine) run(p *Program, sc scope, limit time.Duration, read reader) error {
	if p.err != nil {
		return &Error{Source: p.source, Err: p.err}
	}
	s, err := e.take()
	if err != nil {
		return &Error{Source: p.source, Err: err}
	}
	err = s.run(p.code, sc, limit, read)
	e.give(s)
	if err != nil {
		return &Error{Source: p.source, Err: err}
	}
	return nil
}

func (e *Engine) take() (*sandbox, error) {
	e.mu.Lock()
	if last := len(e.idle) - 1; last >= 0 {
		s := e.idle[last]
		e.idle = e.idle[:last]
		e.mu.Unlock()
		return s, nil
	}
	e.mu.Unlock()
	return newSandbox()
}

// give keeps a sandbox for the next script unless its last one broke it.
func (e *Engine) give(s *sandbox) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !s.broken && s.runs < maxRuns && len(e.idle) < maxIdle {
		e.idle = append(e.idle, s)
	}
}

// run never panics: a fault of the engine fails the script only. Reading is
// under the same limits as running, since a script may have defined what is run
// by it.
func (s *sandbox) run(code *goja.Program, sc scope, limit time.Duration, read reader) (err error) {
	s.runs++
	s.watch.start(limit)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("script engine: %v", r)
		}
		if reason := s.watch.stop(); reason != nil {
			err = reason
		}
		var exception *goja.Exception
		s.broken = err != nil && !errors.As(err, &exception)
		s.leaveScope()
	}()
	global := s.enterScope(sc)
	value, err := s.vm.RunProgram(code)
	if err != nil {
		return err
	}
	return read(s, global, value)
}

func shorten(s string) string {
	const longest = 60
	if len(s) > longest {
		return s[:longest] + "…"
	}
	return s
}
