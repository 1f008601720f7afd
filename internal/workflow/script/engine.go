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
// of goroutines, and must neither be copied nor changed after first use.
type Engine struct {
	// Now is the clock that scripts see; nil means time.Now. Their time limit is
	// one of real time.
	Now func() time.Time
	// Random gives what Math.random returns, at least 0 and less than 1; nil means
	// random numbers.
	Random func() float64

	mu   sync.Mutex
	idle []*sandbox
	// alone is held by every script that runs, and by one that must be the only
	// one.
	alone sync.RWMutex
}

// Error says that a script failed: it does not compile, threw an exception, or
// was stopped (see [ErrTimeLimit], [ErrMemoryLimit]). It is plain text: nothing
// of the script is kept, or run, by who holds it.
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
// object, or its value. One that may run code of the script does so
// [sandbox.inside].
type reader func(s *sandbox, global *goja.Object, value goja.Value) error

func (e *Engine) run(p *Program, sc scope, limit time.Duration, read reader) error {
	if p.err != nil {
		return &Error{Source: p.source, Err: p.err}
	}
	err := e.runBeside(p.code, sc, limit, read)
	if errors.Is(err, errGrowth) {
		err = e.runAlone(p.code, sc, limit, read)
	}
	if err != nil {
		return &Error{Source: p.source, Err: err}
	}
	return nil
}

// runBeside runs a script while others run.
func (e *Engine) runBeside(code *goja.Program, sc scope, limit time.Duration, read reader) error {
	e.alone.RLock()
	defer e.alone.RUnlock()
	return e.once(code, sc, limit, 0, read)
}

// runAlone runs a script again when no other one does, since the memory that
// stopped it may have been theirs. It waits for them, each at most as long as
// its limit.
func (e *Engine) runAlone(code *goja.Program, sc scope, limit time.Duration, read reader) error {
	e.alone.Lock()
	defer e.alone.Unlock()
	return e.once(code, sc, limit, scriptMemory(), read)
}

// once runs a script; before is the memory of scripts that are over.
func (e *Engine) once(code *goja.Program, sc scope, limit time.Duration, before uint64, read reader) error {
	s, err := e.take()
	if err != nil {
		return plain(err)
	}
	s.watch.before = before
	err = s.run(code, sc, limit, read)
	e.give(s)
	return err
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
	return e.newSandbox()
}

// newSandbox builds one. Those that are kept are of this engine only, so their
// clock is its own.
func (e *Engine) newSandbox() (*sandbox, error) {
	s, err := newSandbox()
	if err != nil {
		return nil, err
	}
	if e.Now != nil {
		s.vm.SetTimeSource(e.Now)
	}
	if e.Random != nil {
		s.vm.SetRandSource(e.Random)
	}
	return s, nil
}

// give keeps a sandbox for the next script unless its last one broke it.
func (e *Engine) give(s *sandbox) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !s.broken && s.runs < maxRuns && len(e.idle) < maxIdle {
		e.idle = append(e.idle, s)
	}
}

// run never panics: a fault of the engine fails the script only. Whatever may
// run code of the script, reading and the text of an exception as well, is under
// its limits and before the items are let go of. A script that fails has changed
// no items.
func (s *sandbox) run(code *goja.Program, sc scope, limit time.Duration, read reader) (err error) {
	s.runs++
	s.broken = true // unless it comes to an end
	s.watch.start(limit)
	defer func() {
		if r := recover(); r != nil {
			err = panicked(r)
		}
		if reason := s.watch.stop(); reason != nil {
			err, s.broken = reason, true
		}
		s.leaveScope(err == nil)
	}()
	global := s.enterScope(sc)
	value, err := s.vm.RunProgram(code)
	if err == nil {
		err = read(s, global, value)
	}
	var exception *goja.Exception
	thrown := errors.As(err, &exception)
	if thrown {
		err = s.thrown(exception)
	}
	s.broken = err != nil && !thrown
	return plain(err)
}

func shorten(s string) string { return capped(s, 60) }
