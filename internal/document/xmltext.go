package document

import (
	"bytes"
	"unicode/utf8"
)

// appendXMLText appends a text or the value of an attribute. A carriage return
// is a reference, since readers make a line feed of it; in an attribute every
// white space but the blank is, since they make blanks of it.
func appendXMLText(dst []byte, s string, attribute bool) []byte {
	from := 0
	for i := 0; i < len(s); {
		keep, size := true, 1
		reference := ""
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			keep = isXMLRune(r) && (r != utf8.RuneError || size > 1)
		case c < ' ':
			reference, keep = whiteSpace(c, attribute)
		case c == '&':
			reference = "&amp;"
		case c == '<':
			reference = "&lt;"
		case c == '>':
			reference = "&gt;"
		case c == '"' && attribute:
			reference = "&quot;"
		}
		if !keep || reference != "" {
			dst = append(dst, s[from:i]...)
			dst = append(dst, reference...)
			from = i + size
		}
		i += size
	}
	return append(dst, s[from:]...)
}

func whiteSpace(c byte, attribute bool) (reference string, keep bool) {
	switch {
	case c == '\r':
		return "&#13;", true
	case c == '\n' && attribute:
		return "&#10;", true
	case c == '\t' && attribute:
		return "&#9;", true
	}
	return "", c == '\n' || c == '\t'
}

// isXMLRune reports whether XML 1.0 can hold a character.
func isXMLRune(r rune) bool {
	switch {
	case r < ' ':
		return r == '\t' || r == '\n' || r == '\r'
	case r >= 0xd800 && r <= 0xdfff, r == 0xfffe, r == 0xffff:
		return false
	}
	return r <= utf8.MaxRune
}

// illegalXML returns the offset of the first byte that XML 1.0 in UTF-8 cannot
// have, -1 if there is none. It goes over the text once, before all else: so
// nobody who takes it apart has to ask again.
func illegalXML(data []byte) int {
	for i := 0; i < len(data); {
		c := data[i]
		switch {
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			return i
		case c < utf8.RuneSelf:
			i++
		default:
			r, size := utf8.DecodeRune(data[i:])
			if !isXMLRune(r) || (r == utf8.RuneError && size == 1) {
				return i
			}
			i += size
		}
	}
	return -1
}

// place is where characters stand: it says what they mean.
type place uint8

const (
	inText      place = iota
	inSection         // no references
	inAttribute       // white space is blanks
)

const notAReference = "not a reference to a character"

// appendUnescaped appends what characters mean: references resolved, line ends as
// line feeds. It returns the offset of a reference that is none, -1 if all are.
func appendUnescaped(dst, raw []byte, at place) (text []byte, bad int) {
	if at == inText && bytes.IndexByte(raw, '&') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return append(dst, raw...), -1
	}
	for i := 0; i < len(raw); {
		plain := plainLength(raw[i:], at)
		dst = append(dst, raw[i:i+plain]...)
		if i += plain; i == len(raw) {
			break
		}
		r, size := meaning(raw[i:], at)
		if size == 0 {
			return dst, i
		}
		dst = utf8.AppendRune(dst, r)
		i += size
	}
	return dst, -1
}

// plainLength returns how many bytes mean what they are.
func plainLength(raw []byte, at place) int {
	for i, c := range raw {
		switch {
		case c > '&':
		case c == '\r', c == '&' && at != inSection, (c == '\n' || c == '\t') && at == inAttribute:
			return i
		}
	}
	return len(raw)
}

// meaning returns what the first character, which is not plain, means, and how long
// it is; a size of 0 if it is no reference.
func meaning(raw []byte, at place) (r rune, size int) {
	if raw[0] == '&' {
		return reference(raw)
	}
	size = 1
	if bytes.HasPrefix(raw, []byte("\r\n")) {
		size = 2
	}
	if at == inAttribute {
		return ' ', size
	}
	return '\n', size
}

// badReference returns what [appendUnescaped] does, for characters that nobody
// wants.
func badReference(raw []byte, at place) (bad int) {
	if at == inSection {
		return -1
	}
	for from := 0; ; {
		next := bytes.IndexByte(raw[from:], '&')
		if next < 0 {
			return -1
		}
		_, size := reference(raw[from+next:])
		if size == 0 {
			return from + next
		}
		from += next + size
	}
}

// longestReference is that of the last character, with some leading zeros.
const longestReference = len("&#x0010FFFF;")

// reference reads a reference to one of XML's own entities or to a character.
// There are no others without a document type.
func reference(raw []byte) (r rune, size int) {
	end := bytes.IndexByte(raw[:min(len(raw), longestReference)], ';')
	if end < 2 {
		return 0, 0
	}
	size = end + 1
	switch name := raw[1:end]; string(name) {
	case "lt":
		return '<', size
	case "gt":
		return '>', size
	case "amp":
		return '&', size
	case "quot":
		return '"', size
	case "apos":
		return '\'', size
	default:
		r, ok := codePoint(name)
		if !ok || !isXMLRune(r) {
			return 0, 0
		}
		return r, size
	}
}

// codePoint reads "#228" and "#xE4".
func codePoint(name []byte) (rune, bool) {
	if name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], rune(10)
	if len(digits) > 0 && digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	r := rune(0)
	for _, c := range digits {
		d := rune(16)
		switch {
		case c >= '0' && c <= '9':
			d = rune(c - '0')
		case c >= 'a' && c <= 'f':
			d = rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			d = rune(c-'A') + 10
		}
		if d >= base || r > utf8.MaxRune {
			return 0, false
		}
		r = r*base + d
	}
	return r, len(digits) > 0
}
