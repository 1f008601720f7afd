package javaformat

import "slices"

// subpattern is one half of a number pattern: what stands before the digits,
// the digits, and what stands behind them.
type subpattern struct {
	prefix, suffix affix
	multiplier     float64
	money          bool

	left, zeros, right int // "#" before the zeros, zeros, "#" behind them
	point              int // digits before the decimal point, -1 for none
	group              int // digits since the last ",", -1 for none
	exponent           int // zeros behind the E, 0 for none
}

type phase int

const (
	inPrefix phase = iota
	inDigits
	inSuffix
)

// subparser reads a subpattern in one pass over its characters.
type subparser struct {
	subpattern
	pattern  string // the whole, for errors
	text     []rune
	at       int
	phase    phase
	positive bool // the first subpattern, whose digits count
	quoted   bool
	split    bool // the separator was found at at
}

// parseSubpattern reads up to the separator, and returns what follows it.
func parseSubpattern(pattern string, text []rune, positive bool) (*subpattern, []rune, error) {
	p := &subparser{pattern: pattern, text: text, positive: positive}
	p.multiplier, p.point, p.group = 1, -1, -1
	for ; p.at < len(text) && !p.split; p.at++ {
		if reason := p.step(text[p.at]); reason != "" {
			return nil, nil, &Error{Pattern: pattern, Reason: reason}
		}
	}
	if reason := p.finish(); reason != "" {
		return nil, nil, &Error{Pattern: pattern, Reason: reason}
	}
	return &p.subpattern, text[p.at:], nil
}

func (p *subparser) step(c rune) (reason string) {
	switch {
	case p.quoted:
		p.quotedRune(c)
		return ""
	case p.phase == inDigits:
		return p.digit(c)
	case c == '#' || c == '0' || c == ',' || c == '.':
		p.phase = inDigits
		return p.digit(c)
	}
	return p.affixRune(c)
}

func (p *subparser) quotedRune(c rune) {
	switch {
	case c != '\'':
		p.put(c)
	case p.next() == '\'':
		p.at++
		p.put(c)
	default:
		p.quoted = false
	}
}

// affixRune reads what is not quoted.
func (p *subparser) affixRune(c rune) (reason string) {
	switch c {
	case '¤':
		p.money = true
		if p.next() == '¤' {
			p.at++
			p.put(currencyCode)
			return ""
		}
		p.put(currencySign)
	case '\'':
		if p.next() != '\'' {
			p.quoted = true
			return ""
		}
		p.at++
		p.put(c)
	case ';':
		if p.phase == inPrefix || !p.positive {
			return `";" has to be quoted here`
		}
		p.split = true
	case '%', '‰':
		if p.multiplier != 1 {
			return "more than one percent or per mille sign"
		}
		p.multiplier = 100
		if c == '‰' {
			p.multiplier = 1000
			c = permilleSign
		} else {
			c = percentSign
		}
		p.put(c)
	case '-':
		p.put(minusSign)
	default:
		p.put(c)
	}
	return ""
}

func (p *subparser) put(c rune) {
	if p.phase == inPrefix {
		p.prefix = append(p.prefix, c)
	} else {
		p.suffix = append(p.suffix, c)
	}
}

func (p *subparser) next() rune {
	if p.at+1 < len(p.text) {
		return p.text[p.at+1]
	}
	return -1
}

// digit reads the part with the digits. Of the second subpattern it means
// nothing.
func (p *subparser) digit(c rune) (reason string) {
	if !p.positive {
		if !slices.Contains([]rune{'#', '0', ',', '.', 'E'}, c) {
			p.phase = inSuffix
			return p.affixRune(c)
		}
		return ""
	}
	switch c {
	case '#':
		if p.zeros > 0 {
			p.right++
		} else {
			p.left++
		}
		p.countGroup()
	case '0':
		if p.right > 0 {
			return `"0" behind "#" that follows another "0"`
		}
		p.zeros++
		p.countGroup()
	case ',':
		p.group = 0
	case '.':
		if p.point >= 0 {
			return "more than one decimal point"
		}
		p.point = p.left + p.zeros + p.right
	case 'E':
		return p.readExponent()
	default:
		p.phase = inSuffix
		return p.affixRune(c)
	}
	return ""
}

func (p *subparser) countGroup() {
	if p.group >= 0 && p.point < 0 {
		p.group++
	}
}

func (p *subparser) readExponent() (reason string) {
	if p.exponent > 0 {
		return "more than one exponent"
	}
	for p.next() == '0' {
		p.exponent++
		p.at++
	}
	if p.left+p.zeros < 1 || p.exponent < 1 {
		return "an exponent needs digits before and zeros behind the E"
	}
	p.phase = inSuffix
	return ""
}

func (p *subparser) finish() (reason string) {
	if p.zeros == 0 && p.left > 0 && p.point >= 0 { // "#.#" is "0.#" but for the zero
		whole := max(p.point, 1)
		p.right = p.left - whole
		p.left = whole - 1
		p.zeros = 1
	}
	misplaced := p.right > 0
	if p.point >= 0 {
		misplaced = p.point < p.left || p.point > p.left+p.zeros
	}
	switch {
	case p.quoted:
		return "a quote is not closed"
	case misplaced || p.group == 0:
		return "the digits are malformed"
	}
	return ""
}
