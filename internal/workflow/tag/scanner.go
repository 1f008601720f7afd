package tag

import "strings"

// Scanner finds elements of several names, one after the other.
type Scanner struct {
	text  string
	names []string
	at    int

	noComment bool         // no comment ends in the rest of the text
	noQuote   [2]bool      // no such quote is in the rest of the text
	dead      map[int]bool // opening quotes behind which no tag ends
}

// Scan returns a scanner for the elements of some names, given in lower case.
func Scan(text string, names ...string) Scanner { return Scanner{text: text, names: names} }

// Next returns the next element that is not part of an earlier one, false if
// there is none. After an error, which is an [*Error], there are no more.
func (s *Scanner) Next() (Tag, bool, error) {
	for {
		open := strings.IndexByte(s.text[s.at:], '<')
		if open < 0 {
			return s.end()
		}
		open += s.at
		if section := sectionAt(s.text[open:]); section.open != "" {
			past := strings.Index(s.text[open:], section.end)
			if past < 0 {
				return s.end() // the rest is a comment
			}
			s.at = open + past + len(section.end)
			continue
		}
		name := s.nameAt(open + 1)
		if name == "" {
			s.at = open + 1
			continue
		}
		return s.element(open, name)
	}
}

// Any reports whether an element of the names may be in the text at all. If it
// is false, Next returns none.
func (s *Scanner) Any() bool {
	for at := 0; ; at++ {
		i := strings.IndexByte(s.text[at:], '<')
		if i < 0 {
			return false
		}
		if at += i; s.nameAt(at+1) != "" {
			return true
		}
	}
}

func (s *Scanner) end() (Tag, bool, error) {
	s.at = len(s.text)
	return Tag{}, false, nil
}

func (s *Scanner) element(open int, name string) (Tag, bool, error) {
	attributes := open + 1 + len(name)
	head := s.headEnd(attributes)
	if head < 0 {
		return s.end() // no tag can end any more
	}
	t := Tag{Name: s.text[open+1 : attributes], Start: open, End: head + 1}
	t.Closed = s.text[head-1] == '/'
	if t.Closed {
		t.Attributes = readAttributes(s.text[attributes : head-1])
	} else {
		t.Attributes = readAttributes(s.text[attributes:head])
		closing, end := s.closing(name, head+1)
		if end < 0 {
			s.at = len(s.text)
			return Tag{}, false, &Error{Name: t.Name, Offset: open}
		}
		t.Content, t.End = s.text[head+1:closing], end
	}
	t.Outer = s.text[t.Start:t.End]
	s.at = t.End
	return t, true, nil
}

// closing returns where the closing tag of an element begins and ends, -1 if
// there is none.
func (s *Scanner) closing(name string, at int) (begin, end int) {
	for depth := 1; ; {
		i := strings.IndexByte(s.text[at:], '<')
		if i < 0 {
			return -1, -1
		}
		at += i
		rest := s.text[at+1:]
		switch section := sectionAt(s.text[at:]); {
		case section.open != "":
			if at = s.skip(at, section); at < 0 {
				return -1, -1
			}
		case rest != "" && rest[0] == '/' && hasName(rest[1:], name):
			past := strings.IndexByte(rest, '>')
			if past < 0 {
				return -1, -1
			}
			if depth--; depth == 0 {
				return at, at + 1 + past + 1
			}
			at += 1 + past + 1
		case hasName(rest, name):
			head := s.headEnd(at + 1 + len(name))
			if head < 0 {
				return -1, -1
			}
			if s.text[head-1] != '/' {
				depth++
			}
			at = head + 1
		default:
			at++
		}
	}
}

// skip returns where a section within the content of an element ends. What
// looks like a comment but never ends is text; an open CDATA section leaves
// the element open: -1.
func (s *Scanner) skip(at int, section section) int {
	comment := section.open == commentOpen
	if comment && s.noComment {
		return at + 1
	}
	past := strings.Index(s.text[at:], section.end)
	switch {
	case past >= 0:
		return at + past + len(section.end)
	case comment:
		s.noComment = true
		return at + 1
	}
	return -1
}

// nameAt returns which of the names the tag has that begins here.
func (s *Scanner) nameAt(at int) string {
	rest := s.text[at:]
	for _, name := range s.names {
		if hasName(rest, name) {
			return name
		}
	}
	return ""
}

const (
	commentOpen = "<!--"
	cdataOpen   = "<![CDATA["
)

// section is a part of a text in which no tags are.
type section struct{ open, end string }

func sectionAt(text string) section {
	switch {
	case strings.HasPrefix(text, commentOpen):
		return section{open: commentOpen, end: "-->"}
	case strings.HasPrefix(text, cdataOpen):
		return section{open: cdataOpen, end: "]]>"}
	}
	return section{}
}

// hasName reports whether a tag, behind its angle bracket, has the name, which
// is in lower case.
func hasName(rest, name string) bool {
	if len(rest) <= len(name) || name == "" {
		return false
	}
	for i := range len(name) {
		c := rest[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != name[i] {
			return false
		}
	}
	return endsName(rest[len(name)])
}

func endsName(c byte) bool { return isSpace(c) || c == '/' || c == '>' }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }
