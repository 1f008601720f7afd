package document

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
)

// schemaValue returns the value that a text is of a type of XML Schema. White
// space around anything but a text does not count. The type is not known if it is
// none that Imixs reads.
func schemaValue(local, text []byte) (value any, ok, known bool) {
	switch string(local) {
	case "string", "normalizedString", "token", "language", "Name", "NCName", "NMTOKEN", "ENTITY", "ID", "IDREF", "anyURI", "anySimpleType":
		return string(text), true, true
	case "base64Binary":
		value, ok = decode(text, base64.StdEncoding.Decode)
		return value, ok, true
	case "hexBinary":
		value, ok = decode(text, hex.Decode)
		return value, ok, true
	}
	trimmed := string(bytes.Trim(text, " \t\r\n"))
	switch string(local) {
	case "double", "float", "decimal":
		value, ok = parseXMLDouble(trimmed)
	case "boolean":
		value, ok = parseXMLBool(trimmed)
	case "dateTime", "date", "dateTimeStamp":
		value, ok = parseDateTime(trimmed)
	case "time":
		value, ok = parseTime(trimmed)
	default:
		low, high := integerRange(local)
		v, err := strconv.ParseInt(trimmed, 10, 64)
		return v, err == nil && v >= low && v <= high, high > 0
	}
	return value, ok, true
}

func parseXMLBool(text string) (value, ok bool) {
	switch text {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

// integerRange returns the range of an integer type, 0 and 0 for another type.
// Those without an end have that of 64 bits, which is what an item holds.
func integerRange(local []byte) (low, high int64) {
	switch string(local) {
	case "byte":
		return math.MinInt8, math.MaxInt8
	case "short":
		return math.MinInt16, math.MaxInt16
	case "int":
		return math.MinInt32, math.MaxInt32
	case "long", "integer", "positiveInteger", "negativeInteger", "nonPositiveInteger", "nonNegativeInteger":
		return math.MinInt64, math.MaxInt64
	case "unsignedByte":
		return 0, math.MaxUint8
	case "unsignedShort":
		return 0, math.MaxUint16
	case "unsignedInt":
		return 0, math.MaxUint32
	case "unsignedLong":
		return 0, math.MaxInt64
	}
	return 0, 0
}

// decode decodes digits with white space anywhere.
func decode(text []byte, decode func(dst, src []byte) (int, error)) ([]byte, bool) {
	digits := make([]byte, 0, len(text))
	for _, c := range text {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			digits = append(digits, c)
		}
	}
	decoded := make([]byte, len(digits))
	n, err := decode(decoded, digits)
	return decoded[:n:n], err == nil
}
