package bpmn

// scanner reads ISO 8601 texts from left to right. It knows ASCII only: the
// digits of other scripts are none.
type scanner struct{ rest string }

// hugeNumber is what numbers of many digits are read as: more than anything may
// be, and small enough to count with.
const hugeNumber = 1 << 52

func (s *scanner) next() byte {
	if s.rest == "" {
		return 0
	}
	return s.rest[0]
}

func (s *scanner) atDigit() bool { return s.next() >= '0' && s.next() <= '9' }

// take skips a character if it is the next one.
func (s *scanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// number reads digits, at least one.
func (s *scanner) number() (n int64, ok bool) {
	for ; s.atDigit(); s.rest = s.rest[1:] {
		n, ok = min(n*10+int64(s.next()-'0'), hugeNumber), true
	}
	return n, ok
}

// digits reads exactly so many digits.
func (s *scanner) digits(count int) (n int, ok bool) {
	for range count {
		if !s.atDigit() {
			return 0, false
		}
		n = n*10 + int(s.next()-'0')
		s.rest = s.rest[1:]
	}
	return n, true
}

// fraction reads a decimal sign and up to nine digits, if there is one, as
// milliseconds. What is finer is rounded up: a timer is never early.
func (s *scanner) fraction() (millis int64, ok bool) {
	if !s.take('.') && !s.take(',') {
		return 0, true
	}
	nanos, digits := int64(0), 0
	for ; s.atDigit(); digits++ {
		nanos = min(nanos*10+int64(s.next()-'0'), hugeNumber)
		s.rest = s.rest[1:]
	}
	if digits == 0 || digits > 9 {
		return 0, false
	}
	for range 9 - digits {
		nanos *= 10
	}
	return (nanos + 999_999) / 1_000_000, true
}
