package document

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrLimit is the reason of a [ParseError] for a text that is too large, too deep
// or has too many parts.
var ErrLimit = errors.New("a limit is exceeded")

// ParseError says where a text is not a document, and why.
type ParseError struct {
	Form   string // "XML" or "JSON"
	Line   int    // from 1
	Offset int    // in bytes from the start of the text
	Reason string
	err    error
}

// Error implements error.
func (e *ParseError) Error() string {
	return fmt.Sprintf("%s document: line %d, offset %d: %s", e.Form, e.Line, e.Offset, e.Reason)
}

// Unwrap returns [ErrLimit] if a limit is exceeded.
func (e *ParseError) Unwrap() error { return e.err }

func newParseError(form string, data []byte, offset int, reason string, err error) *ParseError {
	offset = min(offset, len(data))
	line := 1 + bytes.Count(data[:offset], []byte{'\n'})
	return &ParseError{Form: form, Line: line, Offset: offset, Reason: reason, err: err}
}
