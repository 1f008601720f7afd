// Package tag finds the tags of the little languages that events carry in their
// texts: <name attribute="value">content</name> somewhere in a text that need
// not be XML.
//
// Every function takes time in proportion to the length of the text, whatever
// stands in it, and is safe for concurrent use.
package tag

import (
	"fmt"
	"slices"
	"strings"
)

// Tag is an element that was found in a text.
type Tag struct {
	Name       string // as the text spells it
	Attributes []Attribute
	Content    string // between the opening and the closing tag, as it stands
	Outer      string // all of it
	Start, End int    // where Outer is, in bytes
	Closed     bool   // by itself, as in <name/>: there is no content
}

// Attribute is one of a tag's, its name as the text spells it. Without a value
// it has the value "".
type Attribute struct {
	Name, Value string
}

// Attribute returns the value of an attribute, whose name has no case. If it
// is there twice, the last one counts.
func (t *Tag) Attribute(name string) (string, bool) {
	for _, a := range slices.Backward(t.Attributes) {
		if strings.EqualFold(a.Name, name) {
			return a.Value, true
		}
	}
	return "", false
}

// Error says that an element is not closed.
type Error struct {
	Name   string
	Offset int // of the opening tag, in bytes
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("the tag <%s> at offset %d is not closed", e.Name, e.Offset)
}

// Find returns the elements of a name, in their order. One within another of
// the same name belongs to its content. Names have no case; in comments and
// CDATA sections there are no elements. An element without its closing tag
// gives an [*Error].
func Find(text, name string) ([]Tag, error) {
	var tags []Tag
	s := Scan(text, strings.ToLower(name))
	for {
		t, ok, err := s.Next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return tags, nil
		}
		tags = append(tags, t)
	}
}
