package bpmn

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxTag is the longest start tag. The decoder collects all attributes of a tag
// before anybody can count them.
const maxTag = 64 << 10

// fault is what is wrong with a file, before it is known where.
type fault struct {
	code Code
	text string
	line int // 0 if whoever finds it knows
}

// Error implements error.
func (f *fault) Error() string { return f.text }

func malformed(text string) *fault {
	return &fault{code: XMLMalformed, text: "not well-formed XML: " + text}
}

// guard returns the data up to the first place that the decoder must not see,
// and what is wrong there; nil if nothing is.
func guard(data []byte) ([]byte, *fault) {
	for _, mark := range []string{"\xfe\xff", "\xff\xfe", "\x00<", "<\x00"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return nil, &fault{code: XMLEncoding, text: "the file is UTF-16; a model must be UTF-8", line: 1}
		}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	end := len(data)
	var found *fault
	for _, find := range []func([]byte) (int, *fault){invalidUTF8, nul, longTag} {
		if at, f := find(data[:end]); f != nil {
			end, found = at, f
		}
	}
	if found != nil {
		found.line = 1 + bytes.Count(data[:end], []byte("\n"))
	}
	return data[:end], found
}

func invalidUTF8(data []byte) (int, *fault) {
	if utf8.Valid(data) {
		return 0, nil
	}
	at := 0
	for {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size <= 1 {
			return at, &fault{code: XMLEncoding, text: fmt.Sprintf("byte 0x%02X is not UTF-8; a model must be UTF-8", data[at])}
		}
		at += size
	}
}

func nul(data []byte) (int, *fault) {
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return at, &fault{code: XMLEncoding, text: "the character U+0000 is not allowed"}
	}
	return 0, nil
}

// longTag finds the first start tag that is longer than a tag may be.
func longTag(data []byte) (int, *fault) {
	for at := 0; ; {
		i := bytes.IndexByte(data[at:], '<')
		if i < 0 {
			return 0, nil
		}
		at += i
		length := tokenLength(data[at:])
		if length > maxTag && !opaque(data[at:]) {
			return at, &fault{code: XMLLimit, text: fmt.Sprintf("a tag is longer than %d KiB", maxTag>>10)}
		}
		at += length
	}
}

// opaque says whether a comment or a CDATA section begins here.
func opaque(data []byte) bool {
	return bytes.HasPrefix(data, []byte("<!--")) || bytes.HasPrefix(data, []byte("<![CDATA["))
}

// tokenLength is the length of what begins with a <.
func tokenLength(data []byte) int {
	var end string
	switch {
	case bytes.HasPrefix(data, []byte("<!--")):
		end = "-->"
	case bytes.HasPrefix(data, []byte("<![CDATA[")):
		end = "]]>"
	case bytes.HasPrefix(data, []byte("<?")):
		end = "?>"
	default:
		return tagLength(data)
	}
	if i := bytes.Index(data, []byte(end)); i >= 0 {
		return i + len(end)
	}
	return len(data)
}

// tagLength finds the > that is not in quotes.
func tagLength(data []byte) int {
	quote := byte(0)
	for i, c := range data {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return len(data)
}

// charset lets encodings pass that are UTF-8 by another name.
func charset(name string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(name) {
	case "utf8", "us-ascii", "ascii":
		return r, nil
	}
	return nil, &fault{code: XMLEncoding, text: fmt.Sprintf("the file says that its encoding is %s; a model must be UTF-8", name)}
}

// failed says what the decoder did not like. That it came to the end of data
// which was cut is the fault behind.
func (t *treeReader) failed(line int, err error) error {
	var syntax *xml.SyntaxError
	var f *fault
	switch {
	case errors.As(err, &f):
		return t.located(line, f)
	case errors.As(err, &syntax) && strings.HasPrefix(syntax.Msg, "unexpected EOF"):
		if t.fault != nil {
			return t.located(t.fault.line, t.fault)
		}
		return t.located(syntax.Line, malformed("the file ends inside an element"))
	case errors.As(err, &syntax):
		return t.located(syntax.Line, malformed(syntax.Msg))
	}
	return t.located(line, malformed(err.Error()))
}

// located puts a fault in its place: the innermost open element that has an id,
// or the innermost one.
func (t *treeReader) located(line int, f *fault) error {
	e := &ParseError{Code: f.code, File: t.file, Line: line, Err: errors.New(f.text)}
	for i := len(t.stack) - 1; i > 0; i-- {
		n := t.stack[i]
		if e.Element == "" {
			e.Element = n.tag
		}
		if id := n.attr("id"); id != "" {
			e.Element = id
			break
		}
	}
	return e
}
