package workflow

import "strings"

// tag is one element of the little language that events carry in
// workflow.result: <name attribute="value">content</name>.
type tag struct {
	attributes map[string]string // names in lower case
	content    string
}

// findTags returns the elements of a name in a text, outermost ones only.
// Names have no case; what stands in comments and CDATA sections is no
// element. An element that is not closed gives an [*Error].
func findTags(text, name string) ([]tag, error) {
	var tags []tag
	lower := lowerASCII(text)
	for at := 0; ; {
		begin, head := nextTag(lower, name, at)
		if begin < 0 {
			return tags, nil
		}
		headEnd := tagEnd(text, head)
		if headEnd < 0 {
			return nil, fault(InvalidTagFormat, "<%s> is not closed", name)
		}
		t := tag{attributes: readAttributes(strings.TrimSuffix(text[head:headEnd], "/"))}
		if text[headEnd-1] == '/' {
			tags, at = append(tags, t), headEnd+1
			continue
		}
		end, after := closing(lower, name, headEnd+1)
		if end < 0 {
			return nil, fault(InvalidTagFormat, "<%s> has no closing tag", name)
		}
		t.content = text[headEnd+1 : end]
		tags, at = append(tags, t), after
	}
}

// nextTag returns where the next opening tag begins, and where its attributes
// do; -1 if there is none.
func nextTag(lower, name string, at int) (begin, head int) {
	for at < len(lower) {
		i := strings.IndexByte(lower[at:], '<')
		if i < 0 {
			break
		}
		begin = at + i
		if after := skipped(lower, begin); after > 0 {
			at = after
			continue
		}
		rest := lower[begin+1:]
		if strings.HasPrefix(rest, name) && endsName(rest[len(name):]) {
			return begin, begin + 1 + len(name)
		}
		at = begin + 1
	}
	return -1, -1
}

func endsName(rest string) bool {
	return rest != "" && strings.IndexByte(" \t\r\n/>", rest[0]) >= 0
}

// skipped returns where a comment or CDATA section that begins here ends, 0 if
// none begins here.
func skipped(lower string, begin int) int {
	for open, end := range map[string]string{"<!--": "-->", "<![cdata[": "]]>"} {
		if strings.HasPrefix(lower[begin:], open) {
			if i := strings.Index(lower[begin:], end); i >= 0 {
				return begin + i + len(end)
			}
			return len(lower)
		}
	}
	return 0
}

// tagEnd returns the place of the > that ends a tag; one in quotes does not.
func tagEnd(text string, at int) int {
	quote := byte(0)
	for i := at; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return -1
}

// closing returns where the closing tag begins and ends, elements of the same
// name in between not counted.
func closing(lower, name string, at int) (begin, after int) {
	for depth := 1; ; {
		i := strings.IndexByte(lower[at:], '<')
		if i < 0 {
			return -1, -1
		}
		at += i
		if past := skipped(lower, at); past > 0 {
			at = past
			continue
		}
		rest := lower[at+1:]
		switch {
		case strings.HasPrefix(rest, "/"+name) && endsName(rest[1+len(name):]):
			if depth--; depth == 0 {
				end := strings.IndexByte(rest, '>')
				if end < 0 {
					return -1, -1
				}
				return at, at + 1 + end + 1
			}
		case strings.HasPrefix(rest, name) && endsName(rest[len(name):]):
			if end := tagEnd(lower, at); end < 0 || lower[end-1] != '/' {
				depth++
			}
		}
		at++
	}
}

// readAttributes reads name="value" and name='value' pairs.
func readAttributes(text string) map[string]string {
	attributes := map[string]string{}
	for {
		name, rest, ok := strings.Cut(text, "=")
		if !ok {
			return attributes
		}
		rest = strings.TrimLeft(rest, " \t\r\n")
		if rest == "" || (rest[0] != '"' && rest[0] != '\'') {
			return attributes
		}
		value, after, ok := strings.Cut(rest[1:], rest[:1])
		if !ok {
			return attributes
		}
		attributes[strings.ToLower(strings.TrimSpace(name))] = value
		text = after
	}
}

// lowerASCII keeps every byte in its place, which strings.ToLower does not.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
