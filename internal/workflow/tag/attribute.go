package tag

import "strings"

// readAttributes reads name="value", name='value', name=value and name. Each
// spelling of a name is there once, with its last value.
func readAttributes(head string) []Attribute {
	var attributes []Attribute
	for {
		head = trimHead(head)
		if head == "" {
			return unique(attributes)
		}
		var a Attribute
		if a, head = readAttribute(head); a.Name != "" {
			attributes = append(attributes, a)
		}
	}
}

// readAttribute returns the first attribute, and what follows it.
func readAttribute(head string) (a Attribute, rest string) {
	end := 0
	for end < len(head) && !isSpace(head[end]) && head[end] != '=' {
		end++
	}
	a.Name, rest = head[:end], head[end:]
	value := trimSpace(rest)
	if value == "" || value[0] != '=' {
		return a, rest
	}
	value = trimSpace(value[1:])
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		a.Value, rest, _ = strings.Cut(value[1:], value[:1])
		return a, rest
	}
	end = 0
	for end < len(value) && !isSpace(value[end]) {
		end++
	}
	a.Value = value[:end]
	return a, value[end:]
}

// few attributes are compared with each other, more go through a map: a tag may
// have any number of them.
const few = 16

func unique(attributes []Attribute) []Attribute {
	if len(attributes) > few {
		return uniqueOfMany(attributes)
	}
	kept := attributes[:0]
	for i, a := range attributes {
		again := false
		for _, later := range attributes[i+1:] {
			again = again || later.Name == a.Name
		}
		if !again {
			kept = append(kept, a)
		}
	}
	return kept
}

func uniqueOfMany(attributes []Attribute) []Attribute {
	last := make(map[string]int, len(attributes))
	for i, a := range attributes {
		last[a.Name] = i
	}
	kept := attributes[:0]
	for i, a := range attributes {
		if last[a.Name] == i {
			kept = append(kept, a)
		}
	}
	return kept
}

func trimHead(s string) string {
	for s != "" && (isSpace(s[0]) || s[0] == '/') {
		s = s[1:]
	}
	return s
}

func trimSpace(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	return s
}
