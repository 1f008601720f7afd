package outbox

import (
	"errors"
	"fmt"
	"time"
)

// Why the service refuses to change an entry. Nothing is changed then, and a
// transaction that the caller gave goes on.
var (
	// ErrNotFound says that there is no such entry, or no more.
	ErrNotFound = errors.New("there is no such entry")
	// ErrAsync says that the entry is an async one: workers own it.
	ErrAsync = errors.New("the entry is async, workers own it")
	// ErrNotLocked says that nobody holds the entry: it was never locked, or
	// unlocked, or the lock has expired.
	ErrNotLocked = errors.New("the entry is not locked")
	// ErrNotYours says that another than the given owner holds the entry; the
	// error is a [*LockedError] too.
	ErrNotYours = errors.New("the lock is not yours")
	// ErrPublished says that the entry was published already, or that a relay is
	// publishing it.
	ErrPublished = errors.New("the entry is published")
)

// LockedError says who holds an entry, and until when.
type LockedError struct {
	Owner string
	Until time.Time
}

// Error implements error.
func (e *LockedError) Error() string {
	return fmt.Sprintf("the entry is locked by %q until %s", e.Owner, e.Until.UTC().Format(time.RFC3339Nano))
}

// lockState is what a statement found of an entry when it had locked its row,
// and whether it did its work.
type lockState struct {
	async   bool
	there   bool // and not async
	held    bool
	owner   string
	expires *time.Time
	done    bool
}

// refusal says why the work was not done, nil if it was.
func (s *lockState) refusal() error {
	switch {
	case s.done:
		return nil
	case s.async:
		return ErrAsync
	case !s.there:
		return ErrNotFound
	case !s.held:
		return ErrNotLocked
	}
	return &LockedError{Owner: s.owner, Until: *s.expires}
}

// notYours is the meaning of a refusal for whom only the holder may do the work.
func notYours(refusal error) error {
	var locked *LockedError
	if errors.As(refusal, &locked) {
		return fmt.Errorf("%w: %w", ErrNotYours, locked)
	}
	return refusal
}
