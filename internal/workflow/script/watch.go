package script

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
)

// Errors of a script that was stopped. They say that it used up what it was
// given, not that it is wrong.
var (
	// ErrTimeLimit says that a script ran longer than allowed.
	ErrTimeLimit = errors.New("script ran longer than its time limit")
	// ErrMemoryLimit says that a script used more memory than allowed. It was alone
	// then among those of its engine; the memory of other engines' scripts may count.
	ErrMemoryLimit = errors.New("script used more memory than it is allowed")

	// errGrowth says that the memory of all scripts together grew too much.
	errGrowth = fmt.Errorf("memory grew: %w", ErrMemoryLimit)
)

const (
	watchEvery = 2 * time.Millisecond
	maxMemory  = 64 << 20
	// checkEvery is for looks that measure the memory of scripts, which takes
	// some milliseconds.
	checkEvery = 50 * time.Millisecond
)

// watch stops a script that runs too long or keeps too much memory. Most
// scripts are over before it looks for the first time.
//
// The engine does not account for memory. So what is looked at is that of the
// whole process, what the last collection left alive; only when this grew too
// much since the first look, the memory of scripts is measured. Whose it is among
// scripts nobody can tell: one that is stopped for it runs again, alone.
type watch struct {
	vm *goja.Runtime
	// before is what scripts had before this one, if it is alone. Set it before
	// start.
	before uint64
	// stopped is for the guards: the engine looks for an interrupt between
	// instructions only, not inside a native function.
	stopped atomic.Bool

	mu       sync.Mutex
	timer    *time.Timer
	running  bool
	deadline time.Time
	baseline uint64
	reason   error
}

func (w *watch) start(limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running, w.reason, w.baseline = true, nil, 0
	w.stopped.Store(false)
	w.deadline = time.Now().Add(limit)
	if w.timer == nil {
		w.timer = time.AfterFunc(min(limit, watchEvery), w.look)
		return
	}
	w.timer.Reset(min(limit, watchEvery))
}

// stop ends the watch. It returns why the script was stopped, nil if it was
// not. After it no interrupt comes any more.
func (w *watch) stop() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = false
	w.timer.Stop()
	return w.reason
}

func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.running {
		return
	}
	rest := time.Until(w.deadline)
	live := liveMemory()
	switch {
	case rest <= 0:
		w.interrupt(ErrTimeLimit)
	case w.baseline == 0:
		w.baseline = live
		w.timer.Reset(min(rest, watchEvery))
	case live <= w.baseline+maxMemory:
		w.timer.Reset(min(rest, watchEvery))
	case scriptMemory() > w.before+maxMemory:
		w.interrupt(w.growth())
	default: // it is that of others
		w.timer.Reset(min(rest, checkEvery))
	}
}

// growth is final for a script that is alone.
func (w *watch) growth() error {
	if w.before == 0 {
		return errGrowth
	}
	return ErrMemoryLimit
}

// kill stops the script at once, from inside.
func (w *watch) kill(reason error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running && w.reason == nil {
		w.interrupt(reason)
	}
}

func (w *watch) interrupt(reason error) {
	w.reason = reason
	w.stopped.Store(true)
	w.vm.Interrupt(reason)
}
