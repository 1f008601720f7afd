package eventlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/postlude/postlude/internal/outbox"
)

// Why the server refused to do something; nothing was changed then. They are what
// errors.Is finds in the [*Error] of an answer.
var (
	// ErrNotFound says that there is no such entry, or no more.
	ErrNotFound = outbox.ErrNotFound
	// ErrLocked says that somebody holds the entry: perhaps this client.
	ErrLocked = errors.New("the entry is locked")
	// ErrNotLocked says that nobody holds the entry: it was never locked, was
	// unlocked, or the lock has expired.
	ErrNotLocked = outbox.ErrNotLocked
	// ErrNotYours says that another holds the entry.
	ErrNotYours = outbox.ErrNotYours
	// ErrAsync says that the entry is of the topic async.event: workers own it.
	ErrAsync = outbox.ErrAsync
	// ErrPublished says that the entry was published already.
	ErrPublished = outbox.ErrPublished
	// ErrUnauthenticated says that the credentials are missing or wrong.
	ErrUnauthenticated = errors.New("the credentials are missing or wrong")
	// ErrForbidden says that the caller may not do this.
	ErrForbidden = errors.New("the caller may not do this")
)

// ErrUnknown says that nobody can tell any more whether this call did what was
// asked for, or another did: its answer was lost, and the entry is gone.
var ErrUnknown = errors.New("the entry is gone, and it is unknown who removed it")

// Error is an answer of the server that is not the one that was wanted.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is one of those that the API documents, as "LOCKED"; "" if somebody
	// else answered, a proxy for example.
	Code string
	// Detail is for people and may change.
	Detail string

	retryAfter time.Duration
	// cut says that the answer broke off before it said why.
	cut bool
}

// Error implements error.
func (e *Error) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("the server answered %d %s", e.Status, http.StatusText(e.Status))
	}
	return fmt.Sprintf("the server answered %d %s: %s", e.Status, e.Code, e.Detail)
}

// Is says whether the answer means one of the errors of this package.
func (e *Error) Is(target error) bool { return target == e.meaning() }

// meaning is the error that a code stands for, nil if it is none that callers
// branch on.
func (e *Error) meaning() error {
	switch e.Code {
	case "NOT_FOUND":
		return ErrNotFound
	case "LOCKED":
		return ErrLocked
	case "NOT_LOCKED":
		return ErrNotLocked
	case "NOT_YOURS":
		return ErrNotYours
	case "ASYNC":
		return ErrAsync
	case "PUBLISHED":
		return ErrPublished
	case "KEY_REUSED":
		return ErrKeyReused
	case "INVALID_ENTRY", "INVALID_REQUEST", "INVALID_WORKITEM", "BODY_TOO_LARGE":
		return ErrInvalid
	case "UNAUTHENTICATED":
		return ErrUnauthenticated
	case "FORBIDDEN":
		return ErrForbidden
	}
	return nil
}

// problemOf reads an answer that is an error. What is no problem of ours has a
// status only.
func problemOf(response *http.Response, body []byte) *Error {
	var problem struct{ Code, Detail string }
	if json.Unmarshal(body, &problem) != nil {
		problem.Code, problem.Detail = "", ""
	}
	return &Error{
		Status: response.StatusCode, Code: problem.Code, Detail: problem.Detail,
		retryAfter: retryAfter(response.Header.Get("Retry-After"), time.Now()),
	}
}

// longestRetryAfter bounds what a server may ask for.
const longestRetryAfter = 5 * time.Minute

// retryAfter reads the header: seconds, or a point in time.
func retryAfter(header string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.Atoi(header); err == nil {
		wait = time.Duration(min(seconds, int(longestRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestRetryAfter)
}
