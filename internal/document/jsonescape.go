package document

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonEscape reads an escape at the start of raw. The size is 0 if it is none.
func jsonEscape(raw []byte) (r rune, size int) {
	if len(raw) < 2 {
		return 0, 0
	}
	switch c := raw[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	first, ok := codeUnit(raw)
	if !ok || !utf16.IsSurrogate(first) {
		return first, 6 * one(ok)
	}
	second, ok := codeUnit(raw[6:])
	r = utf16.DecodeRune(first, second)
	return r, 12 * one(ok && r != utf8.RuneError)
}

func one(ok bool) int {
	if ok {
		return 1
	}
	return 0
}

// codeUnit reads \u00e4.
func codeUnit(raw []byte) (rune, bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' || raw[2] == '+' || raw[2] == '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
	return rune(n), err == nil
}

// appendJSONText appends a string. U+0000 and bytes that are no UTF-8 are left
// out: no reader takes them.
func appendJSONText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c, size := s[i], 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		} else if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, c)
		i += size
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch {
	case c == 0 || c >= utf8.RuneSelf:
		return dst
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c == '\n':
		return append(dst, '\\', 'n')
	case c == '\r':
		return append(dst, '\\', 'r')
	case c == '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
