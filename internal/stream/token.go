package stream

import (
	"errors"
	"strings"
)

// ErrToken is the error of a subject token that EncodeToken did not make.
var ErrToken = errors.New("not an encoded subject token")

// EncodeToken makes any text one token of a NATS subject. Letters, digits and
// - _ $ : @ = + ~ stay; every other byte of the UTF-8 text becomes %XX with
// upper-case digits; the empty text becomes %. Different texts give different
// tokens.
func EncodeToken(text string) string {
	if text == "" {
		return "%"
	}
	plain := true
	for i := range len(text) {
		if !plainByte(text[i]) {
			plain = false
			break
		}
	}
	if plain {
		return text
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(text) + 16)
	for i := range len(text) {
		if c := text[i]; plainByte(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// DecodeToken returns the text that EncodeToken made the token of.
func DecodeToken(token string) (string, error) {
	if token == "%" {
		return "", nil
	}
	if token == "" {
		return "", ErrToken
	}
	var b strings.Builder
	for i := 0; i < len(token); i++ {
		c := token[i]
		switch {
		case plainByte(c):
			b.WriteByte(c)
		case c == '%' && i+2 < len(token):
			high, ok1 := unhex(token[i+1])
			low, ok2 := unhex(token[i+2])
			if !ok1 || !ok2 || plainByte(high<<4|low) {
				return "", ErrToken
			}
			b.WriteByte(high<<4 | low)
			i += 2
		default:
			return "", ErrToken
		}
	}
	return b.String(), nil
}

// encodeTopic keeps the dots of a topic as borders of tokens.
func encodeTopic(topic string) string {
	if !strings.Contains(topic, ".") {
		return EncodeToken(topic)
	}
	tokens := strings.Split(topic, ".")
	for i, t := range tokens {
		tokens[i] = EncodeToken(t)
	}
	return strings.Join(tokens, ".")
}

func plainByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return strings.IndexByte("-_$:@=+~", c) >= 0
}

func unhex(c byte) (digit byte, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
