package script

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// shortSource is how long a script may be that exhausts no stack, however its
	// slashes are read.
	shortSource = 16 << 10
	// maxOpen is how many tokens the statements that are open at any place may
	// have so far. The parser and the compiler recurse no deeper.
	maxOpen = 5_000
)

var (
	errNesting = errors.New("script is nested too deep, or has too long a statement")
	errSlash   = errors.New("script has a division that can be taken for a regular expression: put it on a line of its own")
)

// checkNesting bounds how deep a parser recurses for a script, without parsing it: every level of recursion takes a token, and what is over at a
// semicolon or a comma takes no room any more. The text need not be valid.
func checkNesting(source string) error {
	n := nesting{text: source, levels: []level{{}}}
	for n.at < len(n.text) && n.err == nil {
		n.next()
	}
	return n.err
}

// nesting goes through a script token by token.
type nesting struct {
	text   string
	at     int
	levels []level
	open   int // tokens of all levels
	last   last
	word   string // the last token if it is a word
	line   bool   // a new line began behind it
	err    error
}

// level is what is between two brackets.
type level struct {
	tokens   int
	ended    byte // the separator behind which nothing came yet, 0 if there is none
	template bool // it is a part of a template, which goes on behind it
	control  bool // behind it comes a statement: if (…)
}

// last is what a slash behind a token can be.
type last int

const (
	operator  last = iota // a regular expression
	operand               // a division
	ambiguous             // either
)

func (n *nesting) next() {
	rest := n.text[n.at:]
	switch c := rest[0]; {
	case c == '\n' || c == '\r':
		n.line = true
		n.at++
	case c <= ' ':
		n.at++
	case strings.HasPrefix(rest, "//"):
		n.skipTo(lineEnd(rest))
	case strings.HasPrefix(rest, "/*"):
		n.comment(rest)
	case c == '/':
		n.slash(rest)
	case c == '"' || c == '\'':
		n.token("", operand)
		n.skipTo(quoted(rest, c))
	case c == '`':
		n.token("", operand)
		n.template(1)
	case c >= utf8.RuneSelf || wordRune(rune(c)):
		n.name(rest)
	default:
		n.punctuation(c)
	}
}

func (n *nesting) skipTo(length int) { n.at += length }

func (n *nesting) comment(rest string) {
	length := strings.Index(rest[2:], "*/")
	if length < 0 {
		n.at = len(n.text)
		return
	}
	n.line = n.line || strings.ContainsAny(rest[:length+2], "\n\r\u2028\u2029")
	n.at += length + 4
}

// slash is a division or begins a regular expression. Where only a parser could
// tell, both must come to the same.
func (n *nesting) slash(rest string) {
	end := lineEnd(rest)
	kind := n.last
	if kind == ambiguous {
		if len(n.text) > shortSource && strings.ContainsAny(rest[1:end], "/`'\"") {
			n.err = errSlash
			return
		}
		kind = operand // no regular expression ends here
	}
	if kind == operand {
		n.token("", operator)
		n.at++
		return
	}
	n.token("", operand)
	n.at += regexpEnd(rest[:end])
}

// template skips the text of a template up to its end or its next part.
func (n *nesting) template(from int) {
	for i := n.at + from; i < len(n.text); i++ {
		switch {
		case n.text[i] == '\\':
			i++
		case n.text[i] == '`':
			n.at = i + 1
			n.last, n.word = operand, ""
			return
		case strings.HasPrefix(n.text[i:], "${"):
			n.at = i + 2
			n.push(level{template: true})
			return
		}
	}
	n.at = len(n.text)
}

// name is a word or a number. What is neither, but no ASCII, is space.
func (n *nesting) name(rest string) {
	length := len(rest)
	for i, r := range rest {
		if !wordRune(r) {
			length = i
			break
		}
	}
	if length == 0 {
		r, size := utf8.DecodeRuneInString(rest)
		n.line = n.line || r == '\u2028' || r == '\u2029'
		n.at += size
		return
	}
	word := rest[:length]
	kind := operand
	if isKeyword(word) || strings.Contains(word, `\`) {
		kind = ambiguous
	}
	n.token(word, kind)
	n.at += length
}

func (n *nesting) punctuation(c byte) {
	n.at++
	switch c {
	case '(', '[', '{':
		control := c == '(' && isKeyword(n.word)
		n.token("", operator)
		n.push(level{control: control})
	case ')', ']', '}':
		n.pop(c)
	case ',', ';':
		n.token("", operator)
		n.levels[len(n.levels)-1].ended = c
	case '+', '-', '.':
		n.token("", ambiguous)
	default:
		n.token("", operator)
	}
}

func (n *nesting) push(l level) {
	n.levels = append(n.levels, l)
	n.last, n.word, n.line = operator, "", false
}

func (n *nesting) pop(c byte) {
	top := n.levels[len(n.levels)-1]
	if len(n.levels) > 1 {
		n.levels = n.levels[:len(n.levels)-1]
		n.open -= top.tokens
	}
	if top.template && c == '}' {
		n.template(0)
		return
	}
	n.token("", operand)
	if c == '}' {
		n.levels[len(n.levels)-1].ended = c
	}
	if c == '}' || top.control {
		n.last = ambiguous
	}
}

// token counts one. What ended before is not counted any more.
func (n *nesting) token(word string, kind last) {
	top := &n.levels[len(n.levels)-1]
	if n.over(top, word) {
		n.open -= top.tokens
		top.tokens = 0
	}
	top.ended = 0
	top.tokens++
	n.open++
	if n.open > maxOpen {
		n.err = errNesting
	}
	n.last, n.word, n.line = kind, word, false
}

// over reports whether a statement, or an element of a list, ended before a
// word that follows.
func (n *nesting) over(top *level, word string) bool {
	switch {
	case word == "else" || word == "in" || word == "instanceof" || word == "of" || word == "extends":
		return false
	case top.ended == ';' || top.ended == ',':
		return true
	case top.ended == '}':
		return word != ""
	}
	return n.line && n.last == operand && word != "" // a statement without a semicolon
}

func wordRune(r rune) bool {
	return r == '_' || r == '$' || r == '\\' || r == '#' || unicode.In(r, unicode.L, unicode.Nl, unicode.Nd, unicode.Mn, unicode.Mc)
}

// isKeyword reports whether a word may be none that a value ends with: what
// comes behind it, also on the next line, may belong to it.
func isKeyword(word string) bool {
	switch word {
	case "async", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do", "else",
		"export", "extends", "finally", "for", "function", "get", "if", "import", "in", "instanceof", "let", "new", "of", "return",
		"set", "static", "switch", "throw", "try", "typeof", "var", "void", "while", "with", "yield":
		return true
	}
	return false
}

func lineEnd(text string) int {
	if end := strings.IndexAny(text, "\n\r\u2028\u2029"); end >= 0 {
		return end
	}
	return len(text)
}

// quoted returns the length of a text in quotes, which the end of the line ends,
// too.
func quoted(text string, quote byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if strings.HasPrefix(text[i:], "\\\r\n") {
				i++
			}
			i++
		case quote:
			return i + 1
		case '\n', '\r':
			return i
		}
	}
	return len(text)
}

// regexpEnd returns the length of a regular expression.
func regexpEnd(line string) int {
	class := false
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '[':
			class = true
		case ']':
			class = false
		case '/':
			if !class {
				return i + 1
			}
		}
	}
	return len(line)
}
