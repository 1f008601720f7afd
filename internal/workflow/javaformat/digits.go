package javaformat

import (
	"math"
	"strconv"
	"strings"
)

// digits are the significant ones of a number, without zeros at the end:
// 0.digits × 10^point. Zero has none.
type digits struct {
	text  string
	point int
}

// fixedDigits rounds to a number of digits behind the decimal point.
func fixedDigits(v float64, fraction int) digits {
	d := shortest(v)
	if len(d.text)-d.point <= fraction {
		return d // the shortest digits need no rounding
	}
	return positional(strconv.FormatFloat(v, 'f', fraction, 64))
}

// significantDigits rounds to a number of digits, none for as many as it takes.
func significantDigits(v float64, count int) digits {
	d := shortest(v)
	if count == 0 || len(d.text) <= count {
		return d
	}
	if len(d.text) == count+1 && d.text[count] == '5' && v == math.Trunc(v) && v < math.MaxInt64 {
		// Java rounds the halves of whole numbers up here. A bit more than the
		// half does so, too.
		return scientific(strconv.FormatFloat(math.Nextafter(v, math.Inf(1)), 'e', count-1, 64))
	}
	return scientific(strconv.FormatFloat(v, 'e', count-1, 64))
}

// shortest returns as many digits as tell the number from its neighbours.
func shortest(v float64) digits { return scientific(strconv.FormatFloat(v, 'e', -1, 64)) }

// scientific reads d.ddde±dd.
func scientific(text string) digits {
	mantissa, exponent, _ := strings.Cut(text, "e")
	d := digits{text: strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0")}
	if d.text != "" {
		e, _ := strconv.Atoi(exponent) // strconv wrote it
		d.point = e + 1
	}
	return d
}

// positional reads ddd.ddd.
func positional(text string) digits {
	whole, fraction, _ := strings.Cut(text, ".")
	all := whole + fraction
	significant := strings.TrimLeft(all, "0")
	d := digits{text: strings.TrimRight(significant, "0")}
	if d.text != "" {
		d.point = len(whole) - (len(all) - len(significant))
	}
	return d
}

// at returns the digit at a power of ten: 0 is the one before the point.
func (d digits) at(power int) byte {
	if i := d.point - 1 - power; i >= 0 && i < len(d.text) {
		return d.text[i]
	}
	return '0'
}

// fraction is the number of digits behind the point.
func (d digits) fraction() int { return max(len(d.text)-d.point, 0) }

// writeFixed writes a number that is not negative without an exponent.
func (l *Locale) writeFixed(b *strings.Builder, n *number, v float64) {
	d := fixedDigits(v, n.maxFraction)
	decimal, group := l.separators(n.money)
	whole := max(n.minInteger, d.point)
	fraction := max(n.minFraction, d.fraction())
	if whole == 0 && fraction == 0 {
		whole = 1 // a number has a digit at least
	}
	for power := whole - 1; power >= 0; power-- {
		b.WriteByte(d.at(power))
		if n.group > 0 && power > 0 && power%n.group == 0 {
			b.WriteString(group)
		}
	}
	if fraction > 0 || n.showDecimal {
		b.WriteString(decimal)
	}
	for power := -1; power >= -fraction; power-- {
		b.WriteByte(d.at(power))
	}
}

// writeExponential writes a number that is not negative with an exponent.
func (l *Locale) writeExponential(b *strings.Builder, n *number, v float64) {
	d := significantDigits(v, n.maxInteger+n.maxFraction)
	exponent, least := d.point, n.minInteger
	if n.maxInteger > 1 && n.maxInteger > n.minInteger {
		// "##0E0": the exponent is a multiple of three.
		exponent = floorMultiple(exponent, n.maxInteger)
		least = 1
	} else {
		exponent -= n.minInteger
	}
	whole := d.point - exponent
	if d.text == "" {
		whole, exponent = least, 0
	}
	all := max(n.minInteger+n.minFraction, whole, len(d.text))
	decimal, _ := l.separators(n.money)
	for i := range all {
		if i == whole {
			b.WriteString(decimal)
		}
		if i < len(d.text) {
			b.WriteByte(d.text[i])
		} else {
			b.WriteByte('0')
		}
	}
	if n.showDecimal && all == whole {
		b.WriteString(decimal)
	}
	l.writeExponent(b, n, exponent)
}

func (l *Locale) writeExponent(b *strings.Builder, n *number, exponent int) {
	b.WriteString(l.symbols.exponent)
	if exponent < 0 {
		exponent = -exponent
		b.WriteString(l.symbols.minus)
	}
	text := strconv.Itoa(exponent)
	b.WriteString(strings.Repeat("0", max(n.exponent-len(text), 0)))
	b.WriteString(text)
}

// floorMultiple returns how many digits stand before the first of a group.
func floorMultiple(point, size int) int {
	if point >= 1 {
		return (point - 1) / size * size
	}
	return (point - size) / size * size
}

func (l *Locale) separators(money bool) (decimal, group string) {
	if money {
		return l.symbols.moneyDecimal, l.symbols.moneyGroup
	}
	return l.symbols.decimal, l.symbols.group
}
