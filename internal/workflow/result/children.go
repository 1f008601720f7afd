package result

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/postlude/postlude/internal/workitem"
)

// ContentError says that the content of a tag is not well-formed XML, or nested
// too deep.
type ContentError struct {
	Err error
}

// Error implements error.
func (e *ContentError) Error() string { return fmt.Sprintf("content is not XML: %v", e.Err) }

// Unwrap returns the cause.
func (e *ContentError) Unwrap() error { return e.Err }

// maxDepth is how deep elements may be nested in a content.
const maxDepth = 100

// Children reads the elements that a content consists of. Each is a value of
// the item of its name: the text in it, or its inner XML if it has elements
// itself. Empty elements, their attributes and the text between them mean
// nothing. The error is a [*ContentError].
func Children(content string) (workitem.Items, error) {
	r := childReader{decoder: xml.NewDecoder(strings.NewReader(content)), items: workitem.Items{}}
	for {
		token, err := r.decoder.RawToken()
		switch {
		case err == nil:
			err = r.read(token)
		case errors.Is(err, io.EOF) && len(r.open) == 0:
			return r.items, nil
		case errors.Is(err, io.EOF):
			err = errOpen
		}
		if err != nil {
			return nil, &ContentError{Err: err}
		}
	}
}

// childReader reads tokens. While it is in a child, it keeps both what the
// child's text is and what its XML would be: which one counts is known at the
// end of the child.
type childReader struct {
	decoder *xml.Decoder
	items   workitem.Items
	open    []string // names of the open elements
	text    strings.Builder
	xml     xmlWriter
	nested  bool // the child has elements
}

var (
	errDepth     = fmt.Errorf("elements are nested deeper than %d", maxDepth)
	errDirective = errors.New("declarations are not allowed")
	errOpen      = errors.New("an element is not closed")
)

func (r *childReader) read(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return r.start(t)
	case xml.EndElement:
		return r.end(t)
	case xml.Directive:
		return errDirective
	}
	if len(r.open) == 0 {
		return nil
	}
	if t, ok := token.(xml.CharData); ok && len(r.open) == 1 {
		r.text.Write(t)
	}
	r.xml.write(token)
	return nil
}

func (r *childReader) start(t xml.StartElement) error {
	if len(r.open) == maxDepth {
		return errDepth
	}
	r.open = append(r.open, fullName(t.Name))
	if len(r.open) == 1 {
		r.text.Reset()
		r.xml.reset()
		r.nested = false
		return nil
	}
	r.nested = true
	r.xml.write(t)
	return nil
}

func (r *childReader) end(t xml.EndElement) error {
	last := len(r.open) - 1
	if last < 0 || r.open[last] != fullName(t.Name) {
		return fmt.Errorf("</%s> closes no element", fullName(t.Name))
	}
	name := r.open[last]
	if r.open = r.open[:last]; last > 0 {
		r.xml.write(t)
		return nil
	}
	value := r.text.String()
	if r.nested {
		value = r.xml.String()
	}
	if value != "" {
		r.items.Append(name, value)
	}
	return nil
}

func fullName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}
