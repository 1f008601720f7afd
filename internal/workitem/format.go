package workitem

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// javaDate is how Java shows a date. It is always in UTC here.
const javaDate = "Mon Jan 02 15:04:05 UTC 2006"

// FormatValue returns a value as text, the way Imixs' getItemValueString
// shows it, which is Java's: 1.0E7, Tue Mar 05 14:07:09 UTC 2024, [a, b],
// {name=[a]}. Members of a map are in ascending order of their names. Bytes,
// which Java does not show, are in base64.
func FormatValue(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return string(AppendJavaDouble(nil, v))
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.UTC().Format(javaDate)
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case List:
		return formatList(v)
	case Map:
		return formatMap(v)
	}
	return fmt.Sprint(value)
}

// AppendJavaDouble appends the shortest text that reads back as v, as Java's
// Double.toString does: with at least one digit behind the point, with an
// exponent below 0.001 and from ten million, NaN, Infinity or -Infinity.
func AppendJavaDouble(dst []byte, v float64) []byte {
	switch magnitude := math.Abs(v); {
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	case v == 0, magnitude >= 1e-3 && magnitude < 1e7:
		return withFraction(dst, strconv.FormatFloat(v, 'f', -1, 64))
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, 64), "E")
	dst = append(withFraction(dst, mantissa), 'E')
	dst = append(dst, strings.TrimPrefix(exponent[:1], "+")...)
	return append(dst, strings.TrimLeft(exponent[1:], "0")...)
}

func withFraction(dst []byte, digits string) []byte {
	dst = append(dst, digits...)
	if strings.Contains(digits, ".") {
		return dst
	}
	return append(dst, ".0"...)
}

func formatList(list List) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = FormatValue(v)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func formatMap(m Map) string {
	texts := make([]string, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		texts = append(texts, name+"="+FormatValue(m[name]))
	}
	return "{" + strings.Join(texts, ", ") + "}"
}
