package bpmn

import (
	"errors"
	"fmt"
	"strings"
)

// Errors of navigation. They are faults of the model.
var (
	// ErrAmbiguous says that an event leads to more than one next element.
	ErrAmbiguous = errors.New("ambiguous sequence flow")
	// ErrCycle says that flows lead in a circle that contains no task or event.
	ErrCycle = errors.New("sequence flow runs in a circle without a task or event")
	// ErrLink says that a link event has no counterpart of its name.
	ErrLink = errors.New("link event without a catching link event of the same name")
	// ErrTooLong says that too many elements stand between two tasks or events.
	ErrTooLong = fmt.Errorf("more than %d elements without a task or event", maxPath)
)

// ParseError says why a file is not a model. Line and Element say where, as
// far as it is known.
type ParseError struct {
	// Code says what kind of fault it is, "" if the reader failed.
	Code    Code
	File    string
	Line    int    // 0 if unknown
	Element string // the id of the element, or its name
	Err     error
}

// Error implements error.
func (e *ParseError) Error() string { return place(e.File, e.Line, e.Element) + e.Err.Error() }

// Problem returns the error in the form of those that [Model.Check] finds.
func (e *ParseError) Problem() Problem {
	return Problem{Severity: Error, Code: e.Code, File: e.File, Line: e.Line, Element: e.Element, Message: e.Err.Error()}
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }

func place(file string, line int, element string) string {
	var b strings.Builder
	b.WriteString(file)
	if line > 0 {
		fmt.Fprintf(&b, ":%d", line)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if element != "" {
		b.WriteString(element + ": ")
	}
	return b.String()
}
