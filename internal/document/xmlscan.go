package document

import "bytes"

type token uint8

const (
	startTag   token = iota
	endTag           // also after the start of an empty element
	characters       // in scanner.text
	endOfText
)

// scanner takes XML 1.0 with namespaces apart, as strictly as a validating
// reader without a document type would, and faster than encoding/xml by a
// multiple (see BenchmarkPage). Names of elements and attributes are ASCII,
// which is all that documents need.
//
// The text must have passed [illegalXML].
type scanner struct {
	data  []byte
	pos   int
	began int // where the current token does
	// The start tag.
	space, local string
	attributes   []attribute
	empty        bool // its end comes next
	// keeps says that characters are wanted, and kept is what they have been since.
	keeps bool
	kept  []byte

	open     []element
	bindings []binding
	rooted   bool // the root has been there
}

type element struct {
	name     []byte // with its prefix
	bindings int    // in force outside of it
}

// Limits that keep the time linear in the size: each start tag looks at all of
// its attributes and of the bindings in force.
const (
	maxElements   = 256 // nested
	maxAttributes = 8   // of an element, those that declare namespaces not counted
	maxBindings   = 16  // in force
)

func (s *scanner) failAt(offset int, format string, args ...any) error {
	return newParseError("XML", s.data, offset, reason(format, args...), nil)
}

func (s *scanner) fail(format string, args ...any) error {
	return s.failAt(s.pos, format, args...)
}

func (s *scanner) limitAt(offset int, reason string) error {
	return newParseError("XML", s.data, offset, reason, ErrLimit)
}

// next reads a token. Comments and processing instructions are none.
func (s *scanner) next() (token, error) {
	if s.empty {
		s.empty = false
		s.leave()
		return endTag, nil
	}
	for s.pos < len(s.data) {
		s.began = s.pos
		if s.data[s.pos] != '<' {
			return s.plain()
		}
		switch rest := s.data[s.pos:]; {
		case bytes.HasPrefix(rest, []byte("</")):
			return endTag, s.endTag()
		case bytes.HasPrefix(rest, []byte("<?")):
			if err := s.instruction(); err != nil {
				return 0, err
			}
		case bytes.HasPrefix(rest, []byte("<!--")):
			if err := s.comment(); err != nil {
				return 0, err
			}
		case bytes.HasPrefix(rest, []byte("<!")):
			return characters, s.section()
		default:
			return startTag, s.startTag()
		}
	}
	if len(s.open) > 0 {
		return 0, s.fail("the text ends within <%s>", s.open[len(s.open)-1].name)
	}
	return endOfText, nil
}

// plain reads characters up to the next markup.
func (s *scanner) plain() (token, error) {
	raw := s.data[s.pos:]
	if end := bytes.IndexByte(raw, '<'); end >= 0 {
		raw = raw[:end]
	}
	if i := bytes.Index(raw, []byte("]]>")); i >= 0 {
		return 0, s.failAt(s.pos+i, `"]]>" within a text`)
	}
	if len(s.open) == 0 && !isBlank(raw) {
		return 0, s.fail("text outside of the root element")
	}
	s.pos += len(raw)
	if bad := s.keep(raw, inText); bad >= 0 {
		return 0, s.failAt(s.began+bad, notAReference)
	}
	return characters, nil
}

// keep appends what characters mean to those that are kept, or only looks for
// a reference that is none: it returns its offset, -1 if all are.
func (s *scanner) keep(raw []byte, at place) (bad int) {
	if !s.keeps {
		return badReference(raw, at)
	}
	if len(s.kept) == 0 && cap(s.kept) < len(raw) {
		s.kept = make([]byte, 0, len(raw)) // mostly it is all
	}
	s.kept, bad = appendUnescaped(s.kept, raw, at)
	return bad
}

func isBlank(text []byte) bool { return len(bytes.Trim(text, " \t\r\n")) == 0 }

// section reads a CDATA section, in which only line ends are not as they stand.
func (s *scanner) section() error {
	const begin, end = "<![CDATA[", "]]>"
	rest := s.data[s.pos:]
	if !bytes.HasPrefix(rest, []byte(begin)) {
		return s.fail("a document type or another declaration is not allowed")
	}
	length := bytes.Index(rest, []byte(end))
	switch {
	case len(s.open) == 0:
		return s.fail("text outside of the root element")
	case length < 0:
		return s.fail("the text ends within a CDATA section")
	}
	s.pos += length + len(end)
	s.keep(rest[len(begin):length], inSection)
	return nil
}

func (s *scanner) comment() error {
	const begin, end = "<!--", "-->"
	rest := s.data[s.pos+len(begin):]
	length := bytes.Index(rest, []byte("--"))
	if length < 0 {
		return s.fail("the text ends within a comment")
	}
	if !bytes.HasPrefix(rest[length:], []byte(end)) {
		return s.failAt(s.pos+len(begin)+length, `"--" within a comment`)
	}
	s.pos += len(begin) + length + len(end)
	return nil
}

// instruction reads a processing instruction, which nobody here wants.
func (s *scanner) instruction() error {
	length := bytes.Index(s.data[s.pos:], []byte("?>"))
	if length < 0 {
		return s.fail("the text ends within a processing instruction")
	}
	end := s.pos + length
	s.pos += len("<?")
	target, err := s.name()
	if err != nil {
		return err
	}
	if bytes.EqualFold(target, []byte("xml")) {
		return s.failAt(s.began, "an XML declaration is allowed at the start only")
	}
	if s.pos != end && !s.blanks() {
		return s.fail("not the name of a processing instruction")
	}
	s.pos = end + len("?>")
	return nil
}

// blanks skips white space and reports whether there was some.
func (s *scanner) blanks() bool {
	from := s.pos
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return s.pos > from
		}
	}
	return s.pos > from
}

// name reads the name of an element or attribute, with its prefix.
func (s *scanner) name() ([]byte, error) {
	from := s.pos
	for s.pos < len(s.data) && isNameByte(s.data[s.pos], s.pos == from) {
		s.pos++
	}
	if s.pos == from {
		return nil, s.fail("not a name")
	}
	return s.data[from:s.pos], nil
}

func isNameByte(c byte, first bool) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == ':':
		return true
	case c >= '0' && c <= '9', c == '-', c == '.':
		return !first
	}
	return false
}

func (s *scanner) endTag() error {
	s.pos += len("</")
	name, err := s.name()
	if err != nil {
		return err
	}
	s.blanks()
	if s.pos == len(s.data) || s.data[s.pos] != '>' {
		return s.fail("the end tag does not end")
	}
	s.pos++
	if len(s.open) == 0 {
		return s.failAt(s.began, "</%s> without its start tag", name)
	}
	if want := s.open[len(s.open)-1].name; !bytes.Equal(name, want) {
		return s.failAt(s.began, "</%s> in the place of </%s>", name, want)
	}
	s.leave()
	return nil
}

func (s *scanner) leave() {
	last := len(s.open) - 1
	s.bindings = s.bindings[:s.open[last].bindings]
	s.open = s.open[:last]
}
