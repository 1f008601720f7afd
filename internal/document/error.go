package document

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
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

// maxQuoted bounds each part of a text that an error quotes, in bytes.
const maxQuoted = 100

// reason says why a text is refused. What it quotes of it is cut: a text must not
// come back with its error, however large it is.
func reason(format string, args ...any) string {
	for i, arg := range args {
		switch quoted := arg.(type) {
		case string:
			args[i] = excerpt(quoted)
		case []byte:
			args[i] = excerpt(quoted)
		}
	}
	return fmt.Sprintf(format, args...)
}

func excerpt[T string | []byte](text T) string {
	if len(text) <= maxQuoted {
		return string(text)
	}
	return strings.ToValidUTF8(string(text[:maxQuoted]), "") + "…"
}

func newParseError(form string, data []byte, offset int, reason string, err error) *ParseError {
	offset = min(offset, len(data))
	line := 1 + bytes.Count(data[:offset], []byte{'\n'})
	return &ParseError{Form: form, Line: line, Offset: offset, Reason: reason, err: err}
}
