package javaformat

import (
	"errors"
	"strings"
	"time"
)

// ErrNoDate says that a text is not what a date pattern describes.
var ErrNoDate = errors.New("the text does not match the date pattern")

// ParseDate reads a date from the beginning of a text; what follows is ignored.
// As in Java, a field may be out of its range (2024-13-01 is 2025-01-01), what
// the pattern leaves out is that of 1970-01-01 00:00, and names have no case. A
// time without a zone is one of the zone given. A year of two digits is one
// from 1950 to 2049; years beyond 9999 are not read.
//
// The error is an [*Error] for the pattern, or [ErrNoDate].
func (l *Locale) ParseDate(pattern, text string, zone *time.Location) (time.Time, error) {
	fields, err := parseDate(pattern)
	if err != nil {
		return time.Time{}, err
	}
	p := dateParser{locale: l, text: text}
	lone := onlyMonth(fields)
	for i, f := range fields {
		if lone && f.letter == 'M' {
			f.letter = 'L'
		}
		exact := i+1 < len(fields) && fields[i+1].numeric()
		if !p.field(f, exact) {
			return time.Time{}, ErrNoDate
		}
	}
	t := p.values.time(l.week, zone)
	if t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}, ErrNoDate
	}
	return t, nil
}

// numeric reports whether digits belong to the field. One that another one
// follows has to be read by its width.
func (f field) numeric() bool {
	if f.letter == 'M' || f.letter == 'L' {
		return f.count <= 2
	}
	return f.letter != 0 && strings.IndexByte("GEazZX", f.letter) < 0
}

// dateParser reads a text from left to right.
type dateParser struct {
	locale *Locale
	text   string
	at     int
	values dateValues
}

func (p *dateParser) field(f field, exact bool) bool {
	if f.letter == 0 {
		if !strings.HasPrefix(p.text[p.at:], f.text) {
			return false
		}
		p.at += len(f.text)
		return true
	}
	to := unlimited
	if exact {
		to = p.at + f.count // spaces count, as in Java
	}
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t') {
		p.at++
	}
	if !f.numeric() {
		return p.name(f)
	}
	begin := p.at
	n, ok := p.number(to)
	if !ok {
		return false
	}
	p.values.set(f.letter, p.adjust(f, n, p.text[begin:p.at]))
	return true
}

// adjust brings a number into the form that its field has in dateValues.
func (p *dateParser) adjust(f field, n int, digits string) int {
	switch f.letter {
	case 'y', 'Y':
		if f.count <= 2 && len(digits) == 2 && n >= 0 {
			return century(n)
		}
	case 'k':
		if n == 24 {
			return 0
		}
	case 'h':
		if n == 12 {
			return 0
		}
	case 'u':
		return mod7(n)
	}
	return n
}

// century places a year of two digits. Java looks 80 years back from today;
// here the result must not depend on the day.
func century(n int) int {
	if n < 50 {
		return 2000 + n
	}
	return 1900 + n
}

// maxDigits of a number are read; it fits 32 bits or is no date.
const maxDigits = 9

// number reads up to a place in the text, which has to reach that far.
func (p *dateParser) number(to int) (int, bool) {
	rest := p.text[p.at:]
	if to != unlimited {
		if to > len(p.text) || to < p.at {
			return 0, false
		}
		rest = p.text[p.at:to]
	}
	i, sign := 0, 1
	if strings.HasPrefix(rest, "-") {
		i, sign = 1, -1
	}
	begin, n := i, 0
	for i < len(rest) && rest[i] >= '0' && rest[i] <= '9' && i-begin <= maxDigits {
		n = n*10 + int(rest[i]-'0')
		i++
	}
	if i == begin || i-begin > maxDigits {
		return 0, false
	}
	p.at += i
	return sign * n, true
}

// name reads a field that is a word.
func (p *dateParser) name(f field) bool {
	n := p.locale.names
	var i int
	switch f.letter {
	case 'M':
		i = p.word(n.months, n.shortMonths)
	case 'L':
		i = p.word(n.loneMonths, n.loneShortMonths)
	case 'E':
		i = p.word(n.days, n.shortDays)
	case 'a':
		i = p.word(n.periods[:], nil)
	case 'G':
		i = p.word(n.eras[:], nil)
	default:
		return p.zone(f)
	}
	if i < 0 {
		return false
	}
	if f.letter == 'M' || f.letter == 'L' {
		i++ // months begin with 1
	}
	p.values.set(f.letter, i)
	return true
}

// word returns which of the words comes next, the longest that fits, -1 if
// there is none.
func (p *dateParser) word(long, short []string) int {
	best, length := -1, 0
	for _, words := range [][]string{long, short} {
		for i, w := range words {
			if len(w) > length && hasFold(p.text[p.at:], w) {
				best, length = i, len(w)
			}
		}
	}
	p.at += length
	return best
}

func hasFold(text, word string) bool {
	return len(text) >= len(word) && strings.EqualFold(text[:len(word)], word)
}
