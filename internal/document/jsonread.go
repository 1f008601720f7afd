package document

import (
	"bytes"
	"fmt"

	"github.com/postlude/postlude/internal/workitem"
)

// ParseJSON reads a text with exactly one document; see [ParseJSONCollection].
func ParseJSON(data []byte) (workitem.Items, error) {
	documents, err := ParseJSONCollection(data)
	if err != nil {
		return nil, err
	}
	if len(documents) != 1 {
		return nil, newParseError("JSON", data, 0, fmt.Sprintf("%d documents where one is expected", len(documents)), nil)
	}
	return documents[0], nil
}

// ParseJSONCollection reads documents in plain and in typed JSON, also mixed: one
// object with the member "item", an array of them, or an object with such an array
// as its member "data" or "document". A text without any of that has no
// documents, which is no error here.
//
// Names are brought into their form; of two items of the same name the last
// one counts. Members of an object that are not of the form are skipped.
//
// The error is a [*ParseError]. Besides what is no JSON in UTF-8, a member that
// is there twice, a value that its type does not have, an integer beyond 64
// bits and the character U+0000 are errors.
func ParseJSONCollection(data []byte) ([]workitem.Items, error) {
	r := &jsonReader{jsonScanner: jsonScanner{data: data}, names: names{}}
	if len(data) > MaxSize {
		return nil, r.limitAt(MaxSize, fmt.Sprintf("more than %d bytes", MaxSize))
	}
	r.pos = len(data) - len(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err := r.read(); err != nil {
		return nil, err
	}
	if r.peek(); r.pos < len(data) {
		return nil, r.fail("text after the end of the document")
	}
	return r.documents, nil
}

// jsonReader reads documents by recursive descent.
type jsonReader struct {
	jsonScanner
	count     budget
	names     names
	documents []workitem.Items
}

func (r *jsonReader) read() error {
	switch r.peek() {
	case '{':
		return r.collection()
	case '[':
		return r.array(r.element)
	}
	return r.skip(0)
}

// collection reads an object that is a document or has some.
func (r *jsonReader) collection() error {
	return r.known(func(name string) error {
		switch name {
		case "item":
			return r.document()
		case "data", "document":
			if r.peek() == '[' {
				return r.array(r.element)
			}
			return r.element()
		}
		return r.skip(0)
	})
}

// element reads an element of an array of documents.
func (r *jsonReader) element() error {
	if r.peek() != '{' {
		return r.skip(0)
	}
	return r.known(func(name string) error {
		if name == "item" {
			return r.document()
		}
		return r.skip(0)
	})
}

// known reads an object whose members of the form are not there twice.
func (r *jsonReader) known(member func(name string) error) error {
	seen := 0
	return r.object(func(name string) error {
		bit := memberBit(name)
		if seen&bit != 0 {
			return r.fail("the member %q is there twice", name)
		}
		seen |= bit
		return member(name)
	})
}

// memberBit tells the members of the form from each other, but for the two that
// mean the same. That of any other is 0.
func memberBit(name string) int {
	switch name {
	case "item":
		return 1
	case "data", "document":
		return 2
	case "name":
		return 4
	case "value":
		return 8
	case "@type":
		return 16
	case "$":
		return 32
	}
	return 0
}

// within makes sure that no limit is exceeded.
func (r *jsonReader) within() error {
	if reason := r.count.exceeded(); reason != "" {
		return r.limitAt(r.pos, reason)
	}
	return nil
}

// enter makes sure that a list or map may have this depth.
func (r *jsonReader) enter(depth int) error {
	r.count.deepest = max(r.count.deepest, depth)
	return r.within()
}

// document reads the member "item" of a document.
func (r *jsonReader) document() error {
	began := r.pos
	r.count.documents++
	r.count.deepest = 0
	if err := r.within(); err != nil {
		return err
	}
	items := workitem.Items{}
	err := r.itemsOf(0, func(name []byte, values workitem.List) error {
		item := r.names.item(name)
		items[item] = values
		if item == "" {
			return r.fail("an item has no name")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if r.count.tooDeep(items) {
		return r.limitAt(began, "nested too deep to be stored")
	}
	r.documents = append(r.documents, items)
	return nil
}
