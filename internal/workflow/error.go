package workflow

import (
	"context"
	"errors"
	"fmt"

	"github.com/postlude/postlude/internal/workflow/script"
)

// Code says what kind of fault an [Error] is, in the words of Imixs.
type Code string

// Codes of the kernel. See [ErrorCode].
const (
	UndefinedWorkitem     Code = "UNDEFINED_WORKITEM"
	InvalidWorkitem       Code = "INVALID_WORKITEM"
	UndefinedProcessID    Code = "UNDEFINED_PROCESSID"
	UndefinedActivityID   Code = "UNDEFINED_ACTIVITYID"
	UndefinedModelEntry   Code = "UNDEFINED_MODEL_ENTRY"
	UndefinedModelVersion Code = "UNDEFINED_MODEL_VERSION"
	InvalidID             Code = "INVALID_ID"
	InvalidModel          Code = "INVALID_MODEL"
	InvalidModelEntry     Code = "INVALID_MODEL_ENTRY"
	InvalidScript         Code = "INVALID_SCRIPT"
	InvalidTagFormat      Code = "INVALID_TAG_FORMAT"
	InvalidFormat         Code = "INVALID_FORMAT"
	InvalidTimer          Code = "INVALID_TIMER"
	ModelError            Code = "MODEL_ERROR"
	PluginError           Code = "PLUGIN_ERROR"
	ValidationError       Code = "VALIDATION_ERROR"
	OperationNotAllowed   Code = "OPERATION_NOTALLOWED"
	InvalidTask           Code = "INVALID_PROCESSID"
)

// Error is a fault that stops a processing. None of its effects remain.
type Error struct {
	// Code is one of the codes above, or one that a business rule gives.
	Code    Code
	Message string
	// Params are what a business rule has to say, in order.
	Params []string
	Err    error // the cause, nil if Message says it all
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Detail() }

// Detail returns the error without its code.
func (e *Error) Detail() string {
	if e.Err == nil {
		return e.Message
	}
	return fmt.Sprintf("%s: %v", e.Message, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ErrorCode returns the code of an error, "" if it has none.
func ErrorCode(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Errors that say where a processing must not go on, rather than that it is
// wrong: it may succeed when it runs alone and with more time.
var (
	// ErrTimeLimit says that a condition ran longer than its limit.
	ErrTimeLimit = script.ErrTimeLimit
	// ErrMemoryLimit says that a condition used more memory than it may.
	ErrMemoryLimit = script.ErrMemoryLimit
	// ErrAdapter says that the processing came to an event with an adapter
	// although Options.NoAdapters forbids it.
	ErrAdapter = errors.New("event has an adapter")
	// ErrWorkitems says that a plugin asked for another workitem although there
	// are no Options.Workitems.
	ErrWorkitems = errors.New("event needs another workitem")
)

// Elsewhere says that an error is ErrTimeLimit, ErrMemoryLimit, ErrAdapter or
// ErrWorkitems: the processing may succeed alone, with adapters, workitems and
// more time.
func Elsewhere(err error) bool {
	return errors.Is(err, ErrTimeLimit) || errors.Is(err, ErrMemoryLimit) || errors.Is(err, ErrAdapter) || errors.Is(err, ErrWorkitems)
}

// Outside says that an error is no fault of the workitem, the model or a plugin:
// it is one of [Elsewhere], comes from Options.Workitems, or is the context's.
// A plugin returns it as it is.
func Outside(err error) bool {
	var w *workitemsError
	return Elsewhere(err) || errors.As(err, &w) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// workitemsError is an error of Options.Workitems.
type workitemsError struct {
	id  string
	err error
}

func (e *workitemsError) Error() string { return fmt.Sprintf("read workitem %s: %v", e.id, e.err) }
func (e *workitemsError) Unwrap() error { return e.err }

func fault(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
