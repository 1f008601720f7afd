package document

import (
	"bytes"
	"errors"
)

// deepestJSON is how deep encoding/json reads. It is more than three levels for
// each of a document's.
const deepestJSON = 10_000

// errNoForm ends a look.
var errNoForm = errors.New("not a document")

// IsJSON says whether a JSON text has one of the forms that [ParseJSONCollection]
// reads, in every part, so that nothing of it would be skipped: an array of
// documents, or an object with one member, "item", "document" or "data", that has
// the elements of such a form. Any other object may be one of items. It is false
// for what is no JSON, and says nothing about what is in the values. It takes no
// memory to speak of, however large the text is.
func IsJSON(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	s := &jsonScanner{data: data, lax: true}
	look := s.formOfAny
	if s.peek() == '[' {
		look = func() error { return s.array(s.formOfDocument) }
	}
	return look() == nil && s.peek() == 0 && s.pos == len(data)
}

// formOfAny reads an object that is a document or has some.
func (s *jsonScanner) formOfAny() error {
	return s.only(func(name string) error {
		switch name {
		case "item":
			return s.formOfEach(s.formOfItem)
		case "document", "data":
			return s.formOfEach(s.formOfDocument)
		}
		return errNoForm
	})
}

func (s *jsonScanner) formOfDocument() error {
	return s.only(func(name string) error {
		if name != "item" {
			return errNoForm
		}
		return s.formOfEach(s.formOfItem)
	})
}

func (s *jsonScanner) formOfItem() error {
	named := false
	err := s.object(func(name string) error {
		if name != "name" && name != "value" {
			return errNoForm
		}
		named = named || name == "name"
		return s.skip(MaxDepth - deepestJSON)
	})
	if err == nil && !named {
		return errNoForm
	}
	return err
}

// formOfEach reads one element, or an array of them.
func (s *jsonScanner) formOfEach(element func() error) error {
	if s.peek() == '[' {
		return s.array(element)
	}
	return element()
}

// only reads an object with exactly one member.
func (s *jsonScanner) only(member func(name string) error) error {
	members := 0
	err := s.object(func(name string) error {
		if members++; members > 1 {
			return errNoForm
		}
		return member(name)
	})
	if err == nil && members == 0 {
		return errNoForm
	}
	return err
}
