package workitem

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// ErrNoNumber says that a text is no number.
var ErrNoNumber = errors.New("the text is not a number")

// ParseJavaDouble reads a number in the form that Java's Double.parseDouble takes:
// decimal with a point, or hexadecimal with an exponent, with a d or f behind
// it or not. What is too large is infinite. The error is [ErrNoNumber].
func ParseJavaDouble(text string) (float64, error) { return parseJava(text, 64) }

// ParseJavaFloat is like [ParseJavaDouble] for a number of 32 bits. The result is the
// double that shows the same digits: 0.1, not 0.10000000149011612.
func ParseJavaFloat(text string) (float64, error) {
	v, err := parseJava(text, 32)
	if err != nil || math.IsInf(v, 0) {
		return v, err
	}
	v, err = strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64)
	if err != nil {
		return 0, ErrNoNumber
	}
	return v, nil
}

func parseJava(text string, bits int) (float64, error) {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	number := strings.TrimLeft(text, "+-")
	if len(text)-len(number) > 1 || number == "" {
		return 0, ErrNoNumber
	}
	switch number {
	case "NaN":
		return math.NaN(), nil
	case "Infinity":
		return math.Inf(1 - 2*strings.Count(text, "-")), nil
	}
	// Go reads "inf", "nan" and digits with underscores, Java does not.
	if strings.IndexFunc(number, notOfNumbers) >= 0 || number[0] > '9' {
		return 0, ErrNoNumber
	}
	if hex := len(number) > 1 && number[1]|' ' == 'x'; !hex || strings.ContainsAny(number, "pP") {
		text = strings.TrimRight(text, "dDfF")
		if len(number)-len(strings.TrimRight(number, "dDfF")) > 1 {
			return 0, ErrNoNumber
		}
	}
	v, err := strconv.ParseFloat(text, bits)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, ErrNoNumber
	}
	return v, nil
}

// notOfNumbers reports whether a character is in no number, but for the digits of
// hexadecimal ones.
func notOfNumbers(r rune) bool {
	return (r < '0' || r > '9') && !strings.ContainsRune(".+-xXpP", r) && (r|' ' < 'a' || r|' ' > 'f')
}
