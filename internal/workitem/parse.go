package workitem

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// SyntaxError says where a JSON text is not what [ParseJSON] reads.
type SyntaxError struct {
	Offset int // in bytes from the start of the text
	Reason string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("items: offset %d: %s", e.Offset, e.Reason)
}

// ParseJSON reads what [AppendJSON] writes, and plain JSON as a person writes
// it: a single value instead of an array counts as an array of one, null as no
// value. Names are brought into their form.
//
// The error is a [*SyntaxError]; duplicate names, integers beyond 64 bits,
// unknown "@" tags, texts that are not UTF-8 and the character U+0000 are
// errors too, since each would be lost or changed otherwise. So are an item
// without a name and one of which [ValidName] says no, and what exceeds
// [MaxItems], [MaxValues] or [MaxDepth].
func ParseJSON(data []byte) (Items, error) { return parseJSON(parser{data: data, deepest: MaxDepth}) }

// parseStored reads what the store has of a workitem: what could be stored is read,
// however much it has become, and whatever its names are.
func parseStored(data []byte) (Items, error) {
	return parseJSON(parser{data: data, deepest: storedDepth, trusted: true})
}

func parseJSON(p parser) (Items, error) {
	p.space()
	items, err := p.document()
	if err != nil {
		return nil, err
	}
	if p.space(); p.pos < len(p.data) {
		return nil, p.fail("text after the end of the object")
	}
	return items, nil
}

// parser is a recursive-descent reader: encoding/json forgets whether a number
// had a fraction, or costs three times as much to ask (see docs/adr).
type parser struct {
	data    []byte
	pos     int
	deepest int // that values may be nested
	// trusted lets every name pass, and any number of items and values.
	trusted       bool
	items, values int // so far
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{Offset: p.pos, Reason: fmt.Sprintf(format, args...)}
}

func (p *parser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// peek returns the next byte that is no space, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

func (p *parser) expect(c byte) error {
	if p.peek() != c {
		return p.fail("expected %q", c)
	}
	p.pos++
	return nil
}

// checkName checks the name of an item or of a map's member, and that there are not
// too many of them.
func (p *parser) checkName(name string) error {
	switch {
	case p.trusted:
	case p.items > MaxItems:
		return p.fail("more than %d items", MaxItems)
	case !ValidName(name):
		return p.fail("the name %.100q has a character that XML cannot hold", name)
	}
	return nil
}

// countValue is called before each value.
func (p *parser) countValue() error {
	if p.values++; p.values > MaxValues && !p.trusted {
		return p.fail("more than %d values", MaxValues)
	}
	return nil
}

func (p *parser) document() (Items, error) {
	items := make(Items, 32)
	err := p.members(func(name string) error {
		name = normalizeName(name)
		if _, ok := items[name]; ok {
			return p.fail("item %.100q is there twice", name)
		}
		if name == "" && !p.trusted {
			return p.fail("an item has no name")
		}
		p.items++
		if err := p.checkName(name); err != nil {
			return err
		}
		values, err := p.itemValues()
		items[name] = values
		return err
	})
	return items, err
}

// members reads an object and calls member for each name, positioned before
// its value.
func (p *parser) members(member func(name string) error) error {
	if err := p.expect('{'); err != nil {
		return err
	}
	if p.peek() == '}' {
		p.pos++
		return nil
	}
	for {
		p.space()
		name, err := p.text()
		if err != nil {
			return err
		}
		if err := p.expect(':'); err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
		if p.peek() == ',' {
			p.pos++
			continue
		}
		return p.expect('}')
	}
}

func (p *parser) itemValues() ([]any, error) {
	if p.peek() == '[' {
		return p.list(0)
	}
	if err := p.countValue(); err != nil {
		return nil, err
	}
	v, err := p.value(0)
	if v == nil || err != nil {
		return []any{}, err
	}
	return []any{v}, nil
}

func (p *parser) list(depth int) (List, error) {
	if depth > p.deepest {
		return nil, p.fail("nested deeper than %d", p.deepest)
	}
	p.pos++ // the bracket
	list := make(List, 0, 1)
	if p.peek() == ']' {
		p.pos++
		return list, nil
	}
	for {
		if err := p.countValue(); err != nil {
			return nil, err
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if v != nil {
			list = append(list, v)
		}
		if p.peek() == ',' {
			p.pos++
			continue
		}
		return list, p.expect(']')
	}
}

func (p *parser) value(depth int) (any, error) {
	switch c := p.peek(); {
	case c == '"':
		return p.text()
	case c == '-' || (c >= '0' && c <= '9'):
		return p.number()
	case c == '[':
		return p.list(depth)
	case c == '{':
		return p.object(depth)
	case c == 't':
		return true, p.word("true")
	case c == 'f':
		return false, p.word("false")
	case c == 'n':
		return nil, p.word("null")
	case c == 0:
		return nil, p.fail("the text ends within a value")
	default:
		return nil, p.fail("unexpected character %q", c)
	}
}

func (p *parser) word(w string) error {
	if !bytes.HasPrefix(p.data[p.pos:], []byte(w)) {
		return p.fail("expected %s", w)
	}
	p.pos += len(w)
	return nil
}

func (p *parser) number() (any, error) {
	start := p.pos
	integer := true
	for ; p.pos < len(p.data); p.pos++ {
		c := p.data[p.pos]
		if c == '.' || c == 'e' || c == 'E' {
			integer = false
		} else if (c < '0' || c > '9') && c != '-' && c != '+' {
			break
		}
	}
	text := string(p.data[start:p.pos])
	if !json.Valid([]byte(text)) {
		p.pos = start
		return nil, p.fail("%.100q is not a number", text)
	}
	if integer && text != "-0" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			p.pos = start
			return nil, p.fail("the integer %.100s does not fit into 64 bits", text)
		}
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && errors.Is(err, strconv.ErrRange) && math.IsInf(f, 0) {
		p.pos = start
		return nil, p.fail("the number %.100s does not fit into a double", text)
	}
	return f, nil
}

// object reads a map or a tagged value.
func (p *parser) object(depth int) (any, error) {
	start := p.pos
	count, tag := 0, ""
	m, err := p.mapOf(func(name string) (any, error) {
		count++
		if isTag(name) {
			tag = name
		}
		if name == tagMap && p.peek() == '{' {
			return p.plainMap(depth + 1)
		}
		return p.value(depth + 1)
	}, depth, true)
	if err != nil || count != 1 || tag == "" {
		return m, err
	}
	end := p.pos
	p.pos = start // where an error points to
	v, err := p.tagged(tag, m[tag])
	p.pos = end
	return v, err
}

func isTag(name string) bool { return strings.HasPrefix(name, "@") }

// plainMap reads a map whose own members are never a tag.
func (p *parser) plainMap(depth int) (Map, error) {
	return p.mapOf(func(string) (any, error) { return p.value(depth + 1) }, depth, false)
}

// mapOf reads a map, with tags one whose only member may be one: that is no item.
func (p *parser) mapOf(value func(name string) (any, error), depth int, tags bool) (Map, error) {
	if depth > p.deepest {
		return nil, p.fail("nested deeper than %d", p.deepest)
	}
	m := Map{}
	err := p.members(func(name string) error {
		if _, ok := m[name]; ok {
			return p.fail("member %.100q is there twice", name)
		}
		if !tags || len(m) > 0 || !isTag(name) {
			p.items++
		}
		if err := p.checkName(name); err != nil {
			return err
		}
		v, err := value(name)
		if v != nil {
			m[name] = v
		}
		return err
	})
	return m, err
}

func (p *parser) tagged(tag string, value any) (any, error) {
	text, _ := value.(string)
	switch tag {
	case tagDate:
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			t = t.UTC().Truncate(time.Millisecond)
			if t.Year() >= 0 && t.Year() <= 9999 { // others are not read again
				return t, nil
			}
		}
	case tagBytes:
		if b, err := base64.StdEncoding.Strict().DecodeString(text); err == nil {
			return b, nil
		}
	case tagDouble:
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f, nil
		}
	case tagMap:
		if m, ok := value.(Map); ok {
			return m, nil
		}
	default:
		return nil, p.fail("unknown type tag %.100q", tag)
	}
	return nil, p.fail("the value of %s is not valid", tag)
}

// text reads a string.
func (p *parser) text() (string, error) {
	if p.peek() != '"' {
		return "", p.fail(`expected '"'`)
	}
	start := p.pos
	escaped := false
	for i := start + 1; i < len(p.data); i++ {
		switch c := p.data[i]; {
		case c == '\\':
			escaped = true
			i++
		case c == '"':
			p.pos = i + 1
			return p.checkedText(start, escaped)
		case c < ' ':
			p.pos = i
			return "", p.fail("control character in a string")
		}
	}
	return "", p.fail("the text ends within a string")
}

func (p *parser) checkedText(start int, escaped bool) (string, error) {
	raw := p.data[start:p.pos]
	reason := ""
	s := string(raw[1 : len(raw)-1])
	if !utf8.Valid(raw) {
		reason = "the string is not valid UTF-8"
	} else if escaped {
		if err := json.Unmarshal(raw, &s); err != nil {
			reason = "invalid escape in a string"
		} else if strings.IndexByte(s, 0) >= 0 {
			reason = "the character U+0000 cannot be stored"
		}
	}
	if reason != "" {
		p.pos = start
		return "", p.fail("%s", reason)
	}
	return s, nil
}
