package auth

import (
	"errors"
	"fmt"
)

// Errors of authentication. Besides them there are [*RefusedError] and
// [*UnavailableError].
var (
	// ErrNoCredentials says that a request names nobody.
	ErrNoCredentials = errors.New("the request has no credentials")
	// ErrBusy says that too many passwords are being compared. Trying again
	// later is right.
	ErrBusy = errors.New("too many passwords are being checked")
)

// RefusedError says that credentials prove nothing.
type RefusedError struct {
	// Scheme is Basic or Bearer, "" if it is neither.
	Scheme string
	// Reason is a constant text, which may be shown to the client.
	Reason string
	// Name is whose credentials they were to be, "" if that is not known for
	// sure: what stands in the place of a name may be a password.
	Name string
}

// Error implements error.
func (e *RefusedError) Error() string { return e.Reason }

// UnavailableError says that credentials could not be checked, since a provider is
// away. It says nothing about them.
type UnavailableError struct{ Err error }

// Error implements error.
func (e *UnavailableError) Error() string { return fmt.Sprintf("check token: %v", e.Err) }

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// FileError says where a file of users or rules is not what it should be. It
// shows nothing of a hash.
type FileError struct {
	File   string
	Line   int // from 1; 0 for the file as a whole
	Reason string
}

// Error implements error.
func (e *FileError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Reason
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
}
