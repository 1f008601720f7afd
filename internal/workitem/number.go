package workitem

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Int returns the first value as an integer of 32 bits, as Java's int: a number
// is truncated, a text is read as a number first, and what does not fit is the
// nearest integer that does. 0 if there is none or it is no number. For larger
// ones there is [Items.Long].
func (it Items) Int(name string) int {
	values := it.Values(name)
	if len(values) == 0 {
		return 0
	}
	switch v := values[0].(type) {
	case int64:
		return int(min(max(v, math.MinInt32), math.MaxInt32))
	case float64:
		return truncate(v)
	case string:
		if n, err := ParseJavaDouble(v); err == nil {
			return truncate(n)
		}
	}
	return 0
}

// Task is $taskid, or $processid, its name of old, where that is 0 or absent.
func (it Items) Task() int { return it.either(TaskID, ProcessID) }

// Event is $eventid, or $activityid, its name of old, where that is 0 or absent.
func (it Items) Event() int { return it.either(EventID, ActivityID) }

func (it Items) either(name, old string) int {
	if n := it.Int(name); n != 0 {
		return n
	}
	return it.Int(old)
}

// Long returns the first value if it is an integer or the text of one, without
// anything around it. 0 for anything else, a double too.
func (it Items) Long(name string) int64 {
	values := it.Values(name)
	if len(values) == 0 {
		return 0
	}
	switch v := values[0].(type) {
	case int64:
		return v
	case string:
		if n, err := strconv.ParseInt(westernDigits(v), 10, 64); err == nil {
			return n
		}
	}
	return 0
}

// Double returns the first value as a double. A text may be written in German
// or in English, with separators of thousands: 1.234,5 or 1,234.5. 0 if there
// is none or it is no number.
func (it Items) Double(name string) float64 {
	values := it.Values(name)
	if len(values) == 0 {
		return 0
	}
	switch v := values[0].(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	case string:
		return ParseDouble(v)
	}
	return 0
}

// truncate cuts the fraction; what does not fit into 32 bits becomes the
// nearest integer that does, as a cast in Java does.
func truncate(f float64) int {
	if math.IsNaN(f) {
		return 0
	}
	return int(min(max(f, math.MinInt32), math.MaxInt32))
}

// westernDigits turns digits of any script into those of ASCII.
func westernDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 {
			return r
		}
		for _, block := range unicode.Nd.R16 {
			if lo, hi := rune(block.Lo), rune(block.Hi); r >= lo && r <= hi {
				return '0' + (r-lo)%10
			}
		}
		return r
	}, text)
}

// ParseDouble reads a number written by hand, in German or in English; see
// [Items.Double]. Space and plus signs are ignored. Of points and commas
//
//   - the last kind is the decimal separator if both are there;
//   - a single one is decimal: 1.234 is little more than one;
//   - several of one kind separate thousands where every group but the first has
//     three digits, and otherwise the last one is decimal.
//
// It returns 0 for what is no number.
func ParseDouble(text string) float64 {
	text, ok := digitsAndSeparators(text)
	if !ok {
		return 0
	}
	point, comma := strings.LastIndexByte(text, '.'), strings.LastIndexByte(text, ',')
	switch {
	case comma >= 0 && point > comma:
		text = strings.ReplaceAll(text, ",", "")
	case point >= 0 && comma > point:
		text = strings.ReplaceAll(text, ".", "")
		text = strings.ReplaceAll(text, ",", ".")
	case grouped(text):
		text = withoutSeparators(text)
	default:
		if last := max(point, comma); last >= 0 {
			text = withoutSeparators(text[:last]) + "." + text[last+1:]
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return n
}

// digitsAndSeparators removes what is ignored. It is false if there is anything
// that no number has.
func digitsAndSeparators(text string) (string, bool) {
	ok := true
	text = strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r == '.', r == ',', r == '-':
			return r
		case r == '+', r == ' ', r >= '\t' && r <= '\r':
		default:
			ok = false
		}
		return -1
	}, text)
	return text, ok
}

// grouped reports whether separators of one kind part a number into thousands.
func grouped(text string) bool {
	groups := strings.FieldsFunc(strings.TrimPrefix(text, "-"), func(r rune) bool { return r == '.' || r == ',' })
	if len(groups) < 3 || len(groups[0]) > 3 {
		return false
	}
	for _, group := range groups[1:] {
		if len(group) != 3 {
			return false
		}
	}
	return true
}

func withoutSeparators(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == ',' {
			return -1
		}
		return r
	}, text)
}
