package simulation

import (
	"errors"

	"github.com/postlude/postlude/internal/workflow"
)

// Error is a fault of a workitem, a model or a condition that stopped a
// processing. None of its effects remain.
type Error struct {
	// Code says what kind of fault it is, in the words of Imixs, such as
	// UNDEFINED_MODEL_ENTRY, or is one that a business rule gives.
	Code string
	// Message says the rest.
	Message string
	// Params are what a business rule has to say, in order.
	Params []string

	cause error
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unwrap returns the cause, nil if there is none.
func (e *Error) Unwrap() error { return e.cause }

// ErrLimit says that more async events came due than [Options.Limit] allows. The
// clock stands where the last of them was processed.
var ErrLimit = errors.New("too many async events, perhaps without end")

// errorOf gives a fault of the kernel a type that callers can name.
func errorOf(err error) error {
	var e *workflow.Error
	if !errors.As(err, &e) {
		return err
	}
	return &Error{Code: string(e.Code), Message: e.Detail(), Params: e.Params, cause: e.Err}
}
