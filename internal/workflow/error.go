package workflow

import (
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
	ModelError            Code = "MODEL_ERROR"
	PluginError           Code = "PLUGIN_ERROR"
)

// Error is a fault that stops a processing. None of its effects remain.
type Error struct {
	Code    Code
	Message string
	Err     error // the cause, nil if Message says it all
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
)

func fault(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
