package eventlog

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// holding is an entry and the client whose owner holds it.
type holding struct {
	*Client
	Entry
}

// handle works on an entry that has been locked since a moment, or later.
func (r *consumption) handle(w work, h holding, since time.Time) {
	defer r.free(1)
	ctx, lose := context.WithCancelCause(w.handlers)
	keeping, enough := context.WithCancel(ctx)
	kept := make(chan struct{})
	go func() { defer close(kept); since = r.keep(keeping, h, since, lose) }()
	defer func() { enough(); <-kept; lose(nil) }() // where the handler ends its goroutine, too

	err := r.call(ctx, h)
	enough()
	<-kept
	r.settle(w, h, result{err: err, cause: context.Cause(ctx), ours: since.Add(r.Lease)})
}

// call is the handler with what an entry needs, and its panics as errors.
func (r *consumption) call(ctx context.Context, h holding) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{Value: value, Stack: debug.Stack()}
		}
	}()
	if h.DataLeftOut {
		if h.Entry, err = h.Get(ctx, h.ID); err != nil {
			return err
		}
	}
	return r.Handler(ctx, h.Entry)
}

// keep extends a lock until the context ends. When the lock is lost it says so to
// the handler: at once if the server does, otherwise when a tenth of the lease is
// left, so that the handler can stop before another begins. The lease counts from
// before the request, by the monotonic clock of this machine. keep returns a time
// before the last lease began.
func (r *consumption) keep(ctx context.Context, h holding, since time.Time, lose context.CancelCauseFunc) time.Time {
	for sleep(ctx, time.Until(since.Add(r.Lease/3))) {
		asked := time.Now()
		err := r.extend(ctx, h, since.Add(r.Lease-r.Lease/10))
		switch {
		case err == nil:
			since = asked
		case ctx.Err() != nil:
			return since
		default:
			lose(fmt.Errorf("%w: %w", ErrLockLost, err))
			return since
		}
	}
	return since
}

// extend tries until the lock is extended, or lost, or the time has come.
func (r *consumption) extend(ctx context.Context, h holding, end time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for failures := 1; ; failures++ {
		_, err := h.Extend(ctx, h.ID, r.Lease)
		if err == nil || ctx.Err() != nil || isLockLost(err) {
			return err
		}
		// A refusal for another reason, a token's for example, may pass.
		r.report(h.Entry, err)
		if !sleep(ctx, h.pauses.afterError(failures, err)) {
			return err
		}
	}
}

func isLockLost(err error) bool {
	return errors.Is(err, ErrNotLocked) || errors.Is(err, ErrNotYours) || errors.Is(err, ErrNotFound)
}

// outcome is what becomes of the work on an entry.
type outcome string

const (
	workDone    outcome = "done"    // delete the entry
	workFailed  outcome = "failed"  // hold it for a pause
	workStopped outcome = "stopped" // give it back: it is not its fault
	workLost    outcome = "lost"    // it is another's
	workLate    outcome = "late"    // it will be another's: the lock was not extended in time
)

// result is how the work on an entry ended.
type result struct {
	err, cause error // the handler's, and that of the end of its context
	// ours is a time until which nobody else can have taken the entry.
	ours time.Time
}

func (r *result) decide() outcome {
	switch {
	case r.err == nil: // whatever became of the lock: the deletion will show it
		return workDone
	case errors.Is(r.cause, ErrLockLost) && isLockLost(r.cause):
		return workLost
	case errors.Is(r.cause, ErrLockLost):
		return workLate
	case r.cause != nil:
		return workStopped
	}
	return workFailed
}

// settle does what the outcome says. What it cannot do within a lease settles
// itself.
func (r *consumption) settle(w work, h holding, result result) {
	ctx, patience := w.settling, r.Lease
	if w.handlers.Err() != nil { // a handler that took its time after the end
		ctx, patience = context.WithoutCancel(ctx), settleTime
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch result.decide() {
	case workDone:
		r.failures.forget(h.ID)
		r.report(h.Entry, doubtful(h.deleteLocked(ctx, h.ID, result.ours)))
	case workFailed:
		r.report(h.Entry, result.err)
		r.rest(ctx, h)
	case workStopped:
		r.report(h.Entry, fmt.Errorf("%w: %w", result.cause, result.err))
		r.report(h.Entry, h.Unlock(ctx, h.ID))
	case workLost:
		r.report(h.Entry, fmt.Errorf("%w; the handler: %w", result.cause, result.err))
	case workLate: // at the next attempt it would be late again
		r.report(h.Entry, fmt.Errorf("%w; the handler: %w", result.cause, result.err))
		r.rest(ctx, h)
	}
}

// doubtful says what an error of the deletion means for the work.
func doubtful(err error) error {
	if errors.Is(err, ErrUnknown) {
		return wrap("the entry was handled, and perhaps elsewhere too", err)
	}
	return wrap("the entry was handled, and may be again", err)
}

// rest leaves the entry locked for a pause, and to itself: nobody has to be there
// at its end. What is not ours any more rests elsewhere, or does not.
func (r *consumption) rest(ctx context.Context, h holding) {
	_, err := h.Extend(ctx, h.ID, r.failures.add(h.ID))
	if !isLockLost(err) {
		r.report(h.Entry, err)
	}
}
