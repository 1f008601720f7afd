package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// jsonScanner takes JSON apart. encoding/json would forget whether a number had a
// fraction, which digits it had, and where it stood.
type jsonScanner struct {
	data []byte
	pos  int
	// lax takes strings as they stand, without a look into them.
	lax bool
}

func (s *jsonScanner) failAt(offset int, format string, args ...any) error {
	return newParseError("JSON", s.data, offset, reason(format, args...), nil)
}

func (s *jsonScanner) fail(format string, args ...any) error {
	return s.failAt(s.pos, format, args...)
}

func (s *jsonScanner) limitAt(offset int, reason string) error {
	return newParseError("JSON", s.data, offset, reason, ErrLimit)
}

// peek returns the next byte that is no white space, 0 at the end.
func (s *jsonScanner) peek() byte {
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (s *jsonScanner) expect(c byte) error {
	if s.peek() != c {
		if s.pos == len(s.data) {
			return s.fail("the text ends where %q is expected", c)
		}
		return s.fail("expected %q", c)
	}
	s.pos++
	return nil
}

// object calls member for each name, positioned before its value.
func (s *jsonScanner) object(member func(name string) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	for {
		name, err := s.quoted()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := member(string(name)); err != nil {
			return err
		}
		if s.peek() != ',' {
			return s.expect('}')
		}
		s.pos++
	}
}

// array calls element before each element.
func (s *jsonScanner) array(element func() error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if s.peek() != ',' {
			return s.expect(']')
		}
		s.pos++
	}
}

// skip reads a value that nobody wants, or only as it stands.
func (s *jsonScanner) skip(depth int) error {
	switch c := s.peek(); {
	case depth > MaxDepth:
		return s.limitAt(s.pos, fmt.Sprintf("nested deeper than %d", MaxDepth))
	case c == '{':
		return s.object(func(string) error { return s.skip(depth + 1) })
	case c == '[':
		return s.array(func() error { return s.skip(depth + 1) })
	case c == '"':
		_, err := s.quoted()
		return err
	case c == '-' || (c >= '0' && c <= '9'):
		_, err := s.number()
		return err
	}
	_, err := s.word()
	return err
}

// word reads true, false and null, as a bool and nil.
func (s *jsonScanner) word() (any, error) {
	c := s.peek()
	for _, word := range []string{"true", "false", "null"} {
		if c == word[0] && bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
			s.pos += len(word)
			if c == 'n' {
				return nil, nil //nolint:nilnil // null is no error
			}
			return c == 't', nil
		}
	}
	if s.pos == len(s.data) {
		return nil, s.fail("the text ends where a value is expected")
	}
	return nil, s.fail("expected a value")
}

// number returns a number as it stands.
func (s *jsonScanner) number() ([]byte, error) {
	from := s.pos
	for s.pos < len(s.data) && isNumberByte(s.data[s.pos]) {
		s.pos++
	}
	literal := s.data[from:s.pos]
	if !json.Valid(literal) {
		return nil, s.failAt(from, "not a number")
	}
	return literal, nil
}

func isNumberByte(c byte) bool {
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}

// quoted reads a string. What it returns may be a part of the data.
func (s *jsonScanner) quoted() ([]byte, error) {
	if err := s.expect('"'); err != nil {
		return nil, err
	}
	from, escaped := s.pos, false
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			raw := s.data[from:s.pos]
			s.pos++
			if s.lax {
				return raw, nil
			}
			if !utf8.Valid(raw) {
				return nil, s.failAt(from, "a string that is not UTF-8")
			}
			if !escaped {
				return raw, nil
			}
			return s.unescape(raw, from)
		case c == '\\':
			escaped = true
			s.pos++
		case c < ' ':
			return nil, s.fail("a control character in a string")
		}
	}
	s.pos = len(s.data)
	return nil, s.fail("the text ends within a string")
}

// unescape returns the text of a string that begins at an offset. U+0000 is
// refused, since it cannot be stored, and half of a character that is written
// as two too.
func (s *jsonScanner) unescape(raw []byte, offset int) ([]byte, error) {
	text := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			text = append(text, raw[i])
			continue
		}
		r, size := jsonEscape(raw[i:])
		if size == 0 || r == 0 {
			reason := "not an escape of a string"
			if size > 0 {
				reason = "the character U+0000 cannot be stored"
			}
			return nil, s.failAt(offset+i, "%s", reason)
		}
		text = utf8.AppendRune(text, r)
		i += size - 1
	}
	return text, nil
}
