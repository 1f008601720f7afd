package tag

import "strings"

// headEnd returns the place of the > that ends an opening tag whose attributes
// begin here; one within a quoted value does not. Where that would leave the
// tag without an end, a quote must be missing, and the first > counts. -1 means
// that there is none.
func (s *Scanner) headEnd(at int) int {
	first := strings.IndexByte(s.text[at:], '>')
	if first < 0 {
		return -1
	}
	first += at
	if strings.IndexByte(s.text[at:first], '=') < 0 {
		return first
	}
	if end := s.quotedEnd(at); end >= 0 {
		return end
	}
	return first
}

// quotedEnd remembers the quotes that it has followed in vain: a text full of
// them would be read again and again otherwise.
func (s *Scanner) quotedEnd(at int) int {
	var followed []int
	value := false // a value may begin here: behind = and spaces
	for i := at; i < len(s.text); i++ {
		c := s.text[i]
		switch {
		case c == '>':
			return i
		case value && (c == '"' || c == '\''):
			if s.dead[i] {
				return s.bury(followed)
			}
			followed = append(followed, i)
			if past := s.quote(i); past > 0 {
				i = past
			}
			value = false
		case c == '=':
			value = true
		case !isSpace(c):
			value = false
		}
	}
	return s.bury(followed)
}

func (s *Scanner) bury(followed []int) int {
	if s.dead == nil {
		s.dead = map[int]bool{}
	}
	for _, i := range followed {
		s.dead[i] = true
	}
	return -1
}

// quote returns where the quoted value ends that begins here, 0 if nothing
// ends it.
func (s *Scanner) quote(at int) int {
	c, which := s.text[at], 0
	if c == '\'' {
		which = 1
	}
	if s.noQuote[which] {
		return 0
	}
	past := strings.IndexByte(s.text[at+1:], c)
	if past < 0 {
		s.noQuote[which] = true
		return 0
	}
	return at + 1 + past
}
