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
		low, high, known := integerRange(local)
		v, err := strconv.ParseInt(trimmed, 10, 64)
		return v, err == nil && v >= low && v <= high, known
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

// integerRange returns the range of an integer type, if it is one. Those without an
// end have that of 64 bits, which is what an item holds.
func integerRange(local []byte) (low, high int64, known bool) {
	low, high = math.MinInt64, math.MaxInt64
	switch string(local) {
	case "byte":
		low, high = math.MinInt8, math.MaxInt8
	case "short":
		low, high = math.MinInt16, math.MaxInt16
	case "int":
		low, high = math.MinInt32, math.MaxInt32
	case "unsignedByte":
		low, high = 0, math.MaxUint8
	case "unsignedShort":
		low, high = 0, math.MaxUint16
	case "unsignedInt":
		low, high = 0, math.MaxUint32
	case "unsignedLong", "nonNegativeInteger":
		low = 0
	case "positiveInteger":
		low = 1
	case "nonPositiveInteger":
		high = 0
	case "negativeInteger":
		high = -1
	case "long", "integer":
	default:
		return 0, 0, false
	}
	return low, high, true
}

// decode decodes digits with white space anywhere. It writes into the text.
func decode(text []byte, decode func(dst, src []byte) (int, error)) ([]byte, bool) {
	digits := text[:0]
	for _, c := range text {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			digits = append(digits, c)
		}
	}
	decoded := make([]byte, len(digits)*3/4+1) // for hex digits too
	n, err := decode(decoded, digits)
	return decoded[:n:n], err == nil
}
