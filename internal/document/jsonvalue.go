package document

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// plainText returns a text of plain JSON: as a date if it is one to the byte.
func plainText(text string) any {
	if t, isDate := parsePlainDate(text); isDate {
		return t
	}
	return text
}

// plainNumber returns an integer for a number without fraction and exponent, a
// double for another one.
func plainNumber(literal string) (any, bool) {
	if isInteger(literal) {
		v, err := strconv.ParseInt(literal, 10, 64)
		return v, err == nil
	}
	v, ok := parseDecimal(literal)
	return v, ok
}

func isInteger(literal string) bool { return !strings.ContainsAny(literal, ".eE") && literal != "-0" }

// typedValue returns the value of a text by its type, in lower case. What is
// not said here is a text, whatever its type.
func typedValue(typ, text string) (any, bool) {
	switch typ {
	case "xs:int", "xs:integer":
		v, err := strconv.ParseInt(text, 10, 32)
		return v, err == nil
	case "xs:long":
		v, err := strconv.ParseInt(text, 10, 64)
		return v, err == nil
	case "xs:double", "xs:float":
		v, ok := parseJavaDouble(text)
		return v, ok
	case "xs:boolean":
		return strings.EqualFold(text, "true"), true
	case "xs:datetime":
		t, ok := parseDateTime(text)
		return t, ok
	case "xs:base64binary":
		b, err := base64.StdEncoding.DecodeString(text)
		return b, err == nil
	case "xmlitem", "xmlitemarray":
		return nil, false
	}
	return text, true
}
