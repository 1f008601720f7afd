package javaformat

import (
	"math"
	"strings"
)

// number is what a number pattern such as "#,##0.00;(#)" says.
type number struct {
	prefix, suffix       affix // of numbers that are not negative
	negPrefix, negSuffix affix

	minInteger, maxInteger   int
	minFraction, maxFraction int
	group                    int // digits of a group, 0 for none
	showDecimal              bool
	exponent                 int // digits of an exponent at least, 0 for none
	multiplier               float64
	money                    bool
}

// affix stands before or behind a number. Runes from the private area stand
// for what depends on the locale.
type affix []rune

const (
	minusSign    = '\uE000'
	percentSign  = '\uE001'
	permilleSign = '\uE002'
	currencySign = '\uE003'
	currencyCode = '\uE004'
)

// unlimited are more digits than a number has.
const unlimited = math.MaxInt32

// parseNumber reads a pattern without knowledge of a locale: a pattern always
// has "," between groups and "." before the fraction.
func parseNumber(pattern string) (*number, error) {
	positive, rest, err := parseSubpattern(pattern, []rune(pattern), true)
	if err != nil {
		return nil, err
	}
	n := positive.number()
	n.prefix, n.suffix = positive.prefix, positive.suffix
	n.negPrefix, n.negSuffix = positive.prefix, positive.suffix
	if len(rest) > 0 {
		negative, _, err := parseSubpattern(pattern, rest, false)
		if err != nil {
			return nil, err
		}
		// Of the negative one only what stands around the number counts.
		n.negPrefix, n.negSuffix = negative.prefix, negative.suffix
		n.money = n.money || negative.money
	}
	if string(n.negPrefix) == string(n.prefix) && string(n.negSuffix) == string(n.suffix) {
		n.negPrefix = append(affix{minusSign}, n.prefix...)
	}
	if pattern == "" {
		n.minInteger, n.maxFraction, n.group, n.showDecimal = 0, unlimited, 3, false
	}
	return n, nil
}

// number counts what the digits of the pattern mean.
func (p *subpattern) number() *number {
	all := p.left + p.zeros + p.right
	whole := all // digits before the decimal point
	n := &number{multiplier: p.multiplier, money: p.money, exponent: p.exponent, group: max(p.group, 0)}
	if p.point >= 0 {
		whole = p.point
		n.maxFraction = all - p.point
		n.minFraction = max(p.left+p.zeros-p.point, 0)
	}
	n.minInteger = max(whole-p.left, 0)
	n.maxInteger = unlimited
	if n.exponent > 0 {
		n.maxInteger = p.left + n.minInteger
	}
	n.showDecimal = p.point == 0 || p.point == all
	return n
}

// FormatNumber shows a number. Halves are rounded to the even neighbour, by the
// exact value of the double. The error is an [*Error].
func (l *Locale) FormatNumber(pattern string, v float64) (string, error) {
	n, err := parseNumber(pattern)
	if err != nil {
		return "", err
	}
	if math.IsNaN(v) {
		return l.symbols.nan, nil
	}
	v *= n.multiplier
	prefix, suffix := n.prefix, n.suffix
	if math.Signbit(v) {
		v = -v
		prefix, suffix = n.negPrefix, n.negSuffix
	}
	var b strings.Builder
	l.writeAffix(&b, prefix)
	switch {
	case math.IsInf(v, 0):
		b.WriteString(l.symbols.infinity)
	case n.exponent > 0:
		l.writeExponential(&b, n, v)
	default:
		l.writeFixed(&b, n, v)
	}
	l.writeAffix(&b, suffix)
	return b.String(), nil
}

func (l *Locale) writeAffix(b *strings.Builder, a affix) {
	for _, r := range a {
		switch r {
		case minusSign:
			b.WriteString(l.symbols.minus)
		case percentSign:
			b.WriteByte('%')
		case permilleSign:
			b.WriteString("‰")
		case currencySign:
			b.WriteString(l.currency.symbol)
		case currencyCode:
			b.WriteString(l.currency.code)
		default:
			b.WriteRune(r)
		}
	}
}
