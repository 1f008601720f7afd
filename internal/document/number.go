package document

import (
	"math"
	"strconv"
	"strings"
)

// parseDecimal reads a decimal number with or without exponent; unlike
// [strconv.ParseFloat] nothing else, and no number too large for a double.
func parseDecimal(text string) (float64, bool) {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c == '+', c == '-', c == '.', c == 'e', c == 'E':
		default:
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

// parseXMLDouble reads the forms of xs:double.
func parseXMLDouble(text string) (float64, bool) {
	switch text {
	case "NaN":
		return math.NaN(), true
	case "INF", "+INF":
		return math.Inf(1), true
	case "-INF":
		return math.Inf(-1), true
	}
	return parseDecimal(text)
}

// parseJavaDouble reads the forms of Java's Double.valueOf but hexadecimal ones.
func parseJavaDouble(text string) (float64, bool) {
	text = trimJava(text)
	switch strings.TrimLeft(text, "+-") {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		v, err := strconv.ParseFloat(text, 64)
		return v, err == nil
	}
	if end := len(text) - 1; end > 0 && strings.IndexByte("fFdD", text[end]) >= 0 {
		text = text[:end]
	}
	return parseDecimal(text)
}

// trimJava removes what Java's String.trim does.
func trimJava(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
}

// javaNumber returns the text of a JSON number that Java makes of it, as a
// decimal that keeps its digits: 5.50, 1E+3, 1E-7.
func javaNumber(literal string) string {
	mantissa, exponentText, _ := strings.Cut(strings.ToLower(literal), "e")
	exponent, err := strconv.ParseInt(strings.TrimPrefix(exponentText, "+"), 10, 32)
	if exponentText != "" && err != nil {
		return literal // Java has no such number
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	scale := len(fraction) - int(exponent)
	sign := ""
	if digits == "" {
		digits = "0"
	} else if negative {
		sign = "-"
	}
	return sign + layOut(digits, scale)
}

// layOut writes digits with so many of them behind the point.
func layOut(digits string, scale int) string {
	adjusted := len(digits) - 1 - scale
	switch {
	case scale == 0:
		return digits
	case scale > 0 && adjusted >= 0:
		return digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	case scale > 0 && adjusted >= -6:
		return "0." + strings.Repeat("0", scale-len(digits)) + digits
	}
	text := digits[:1]
	if len(digits) > 1 {
		text += "." + digits[1:]
	}
	if adjusted >= 0 {
		return text + "E+" + strconv.Itoa(adjusted)
	}
	return text + "E" + strconv.Itoa(adjusted)
}
