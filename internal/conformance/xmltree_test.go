package conformance_test

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

// sameXML compares byte by byte; by elements where the members of an embedded
// map may be in another order, which is that of its hash in the original,
// and where a character may be written as another reference.
func sameXML(want string, got []byte) error {
	if want == string(got) {
		return nil
	}
	a, err := parseTree(want)
	if err != nil {
		return err
	}
	b, err := parseTree(string(got))
	if err != nil {
		return err
	}
	loose := strings.Contains(want, "xmlItemArray") || strings.Contains(want, "&#")
	if !loose || a.text() != b.text() {
		return fmt.Errorf("written\n%s\nexpected\n%s", got, want)
	}
	return nil
}

// tree is an element as encoding/xml reads it.
type tree struct {
	start    string
	children []*tree
	chars    string
}

func parseTree(text string) (*tree, error) {
	decoder := xml.NewDecoder(strings.NewReader(text))
	open := []*tree{{}}
	for {
		token, err := decoder.Token()
		if err == io.EOF { //nolint:errorlint // as it is documented
			return open[0], nil
		}
		if err != nil {
			return nil, err
		}
		last := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			child := &tree{start: fmt.Sprint(token.Name, token.Attr)}
			last.children = append(last.children, child)
			open = append(open, child)
		case xml.EndElement:
			open = open[:len(open)-1]
			last.sortMembers()
		case xml.CharData:
			last.chars += string(token)
		}
	}
}

// sortMembers orders the items of an embedded map.
func (e *tree) sortMembers() {
	if strings.Contains(e.start, "xmlItemArray") {
		slices.SortFunc(e.children, func(a, b *tree) int { return cmp.Compare(a.start, b.start) })
	}
}

func (e *tree) text() string {
	var b strings.Builder
	b.WriteString("<" + e.start + ">" + e.chars)
	for _, child := range e.children {
		b.WriteString(child.text())
	}
	b.WriteString("</>")
	return b.String()
}
