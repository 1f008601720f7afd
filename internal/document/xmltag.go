package document

import (
	"bytes"
	"slices"
)

const (
	schemaNamespace   = "http://www.w3.org/2001/XMLSchema"
	instanceNamespace = "http://www.w3.org/2001/XMLSchema-instance"
	xmlNamespace      = "http://www.w3.org/XML/1998/namespace"
)

// attribute is one of a start tag, those that declare namespaces left out.
type attribute struct {
	prefix, local []byte
	space         string
	value         []byte
	began         int
}

// binding is a prefix and the namespace it stands for; the prefix of the
// default namespace is empty.
type binding struct {
	prefix []byte
	space  string
}

// startTag reads a start tag or an empty element.
func (s *scanner) startTag() error {
	s.pos++
	name, err := s.name()
	switch {
	case err != nil:
		return err
	case len(s.open) == 0 && s.rooted:
		return s.failAt(s.began, "a second root element")
	case len(s.open) == maxElements:
		return s.limitAt(s.began, "elements nested too deep")
	}
	s.rooted = true
	s.open = append(s.open, element{name: name, bindings: len(s.bindings)})
	s.attributes = s.attributes[:0]
	if err := s.readAttributes(); err != nil {
		return err
	}
	prefix, local, ok := cutPrefix(name)
	if !ok {
		return s.failAt(s.began, "<%s>: not a name with a prefix", name)
	}
	s.local = elementName(local)
	if s.space, ok = s.namespace(prefix); !ok {
		return s.failAt(s.began, "<%s>: the prefix is not declared", name)
	}
	return s.resolveAttributes()
}

// elementName returns a name without an allocation if it is one of ours.
func elementName(local []byte) string {
	switch string(local) {
	case "value":
		return "value"
	case "item":
		return "item"
	case "document":
		return "document"
	}
	return string(local)
}

// readAttributes reads to the end of the tag.
func (s *scanner) readAttributes() error {
	for {
		blanks := s.blanks()
		switch rest := s.data[s.pos:]; {
		case len(rest) == 0:
			return s.fail("the text ends within a tag")
		case rest[0] == '>':
			s.pos++
			return nil
		case bytes.HasPrefix(rest, []byte("/>")):
			s.pos += len("/>")
			s.empty = true
			return nil
		case !blanks:
			return s.fail("no white space before an attribute")
		case len(s.attributes) == maxAttributes:
			return s.limitAt(s.pos, "too many attributes")
		}
		if err := s.readAttribute(); err != nil {
			return err
		}
	}
}

func (s *scanner) readAttribute() error {
	a := attribute{began: s.pos}
	name, err := s.name()
	if err != nil {
		return err
	}
	if s.blanks(); s.pos == len(s.data) || s.data[s.pos] != '=' {
		return s.fail("the attribute %s has no value", name)
	}
	s.pos++
	s.blanks()
	if a.value, err = s.quoted(); err != nil {
		return err
	}
	var ok bool
	if a.prefix, a.local, ok = cutPrefix(name); !ok {
		return s.failAt(a.began, "%s: not a name with a prefix", name)
	}
	switch {
	case string(a.prefix) == "xmlns":
		return s.bind(a.local, a)
	case len(a.prefix) == 0 && string(a.local) == "xmlns":
		return s.bind(nil, a)
	}
	s.attributes = append(s.attributes, a)
	return nil
}

// quoted reads the value of an attribute.
func (s *scanner) quoted() ([]byte, error) {
	if s.pos == len(s.data) || (s.data[s.pos] != '"' && s.data[s.pos] != '\'') {
		return nil, s.fail("the value of an attribute has no quotes")
	}
	from := s.pos + 1
	length := bytes.IndexByte(s.data[from:], s.data[s.pos])
	if length < 0 {
		return nil, s.fail("the text ends within an attribute")
	}
	raw := s.data[from : from+length]
	if i := bytes.IndexByte(raw, '<'); i >= 0 {
		return nil, s.failAt(from+i, "'<' in the value of an attribute")
	}
	s.pos = from + length + 1
	if !bytes.ContainsAny(raw, "&\r\n\t") {
		return raw, nil
	}
	value, bad := appendUnescaped(make([]byte, 0, len(raw)), raw, inAttribute)
	if bad >= 0 {
		return nil, s.failAt(from+bad, notAReference)
	}
	return value, nil
}

// bind declares a namespace for the element that has just been opened.
func (s *scanner) bind(prefix []byte, a attribute) error {
	space := string(a.value)
	switch {
	case len(s.bindings) == maxBindings:
		return s.limitAt(a.began, "too many namespaces")
	case len(prefix) > 0 && space == "",
		string(prefix) == "xmlns", (string(prefix) == "xml") != (space == xmlNamespace),
		space == "http://www.w3.org/2000/xmlns/":
		return s.failAt(a.began, "not a declaration of a namespace")
	}
	for _, b := range s.bindings[s.open[len(s.open)-1].bindings:] {
		if bytes.Equal(b.prefix, prefix) {
			return s.failAt(a.began, "a namespace is declared twice")
		}
	}
	s.bindings = append(s.bindings, binding{prefix, space})
	return nil
}

// namespace returns what a prefix stands for at this place.
func (s *scanner) namespace(prefix []byte) (string, bool) {
	for _, b := range slices.Backward(s.bindings) {
		if bytes.Equal(b.prefix, prefix) {
			return b.space, true
		}
	}
	if string(prefix) == "xml" {
		return xmlNamespace, true
	}
	return "", len(prefix) == 0
}

// resolveAttributes finds their namespaces. One without a prefix has none,
// whatever the default is.
func (s *scanner) resolveAttributes() error {
	for i := range s.attributes {
		a := &s.attributes[i]
		if len(a.prefix) > 0 {
			var ok bool
			if a.space, ok = s.namespace(a.prefix); !ok {
				return s.failAt(a.began, "the prefix %s is not declared", a.prefix)
			}
		}
		for _, b := range s.attributes[:i] {
			if bytes.Equal(a.local, b.local) && a.space == b.space {
				return s.failAt(a.began, "the attribute %s is there twice", a.local)
			}
		}
	}
	return nil
}

// attribute returns the value of an attribute of the current start tag.
func (s *scanner) attribute(space, local string) ([]byte, bool) {
	for i := range s.attributes {
		if a := &s.attributes[i]; string(a.local) == local && a.space == space {
			return a.value, true
		}
	}
	return nil, false
}

// cutPrefix takes a name with or without a prefix apart.
func cutPrefix(name []byte) (prefix, local []byte, ok bool) {
	before, after, found := bytes.Cut(name, []byte{':'})
	if !found {
		return nil, name, true
	}
	ok = len(before) > 0 && len(after) > 0 && bytes.IndexByte(after, ':') < 0 && isNameByte(after[0], true)
	return before, after, ok
}
