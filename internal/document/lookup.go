package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// errFound ends a search.
var errFound = errors.New("found")

// Lookup returns the value of the first member of this name anywhere in a JSON
// text, as a text: a string as it is, a number with its digits, an object or an array
// as JSON without white space. It is not ok if there is none, or if it is null.
//
// The error is a [*ParseError], also for a text of more than [MaxSize]; what stands
// behind the member is not read.
func Lookup(data []byte, name string) (value string, ok bool, err error) {
	if len(data) == 0 {
		return "", false, nil
	}
	s := &jsonScanner{data: data}
	if len(data) > MaxSize {
		return "", false, s.limitAt(MaxSize, fmt.Sprintf("more than %d bytes", MaxSize))
	}
	err = s.find(name, 0, func() error {
		value, ok, err = s.lookedUp()
		if err != nil {
			return err
		}
		return errFound
	})
	if err != nil && !errors.Is(err, errFound) {
		return "", false, err
	}
	return value, ok, nil
}

// find calls found before the value of each member of this name.
func (s *jsonScanner) find(name string, depth int, found func() error) error {
	switch c := s.peek(); {
	case depth > MaxDepth:
		return s.limitAt(s.pos, "nested too deep")
	case c == '{':
		return s.object(func(member string) error {
			if member == name {
				return found()
			}
			return s.find(name, depth+1, found)
		})
	case c == '[':
		return s.array(func() error { return s.find(name, depth+1, found) })
	}
	return s.skip(depth)
}

// lookedUp reads the value of a member as [Lookup] returns it.
func (s *jsonScanner) lookedUp() (value string, ok bool, err error) {
	c := s.peek()
	from := s.pos
	if c == '"' {
		text, err := s.quoted()
		return string(text), true, err
	}
	if err := s.skip(0); err != nil {
		return "", false, err
	}
	raw := s.data[from:s.pos]
	switch c {
	case 'n':
		return "", false, nil
	case '{', '[':
		var compact bytes.Buffer
		err := json.Compact(&compact, raw)
		return compact.String(), true, err
	case 't', 'f':
		return string(raw), true, nil
	}
	return javaNumber(string(raw)), true, nil
}
