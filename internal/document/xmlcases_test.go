package document_test

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

// xmlCase is a document that the original wrote or read.
type xmlCase struct {
	Op        string
	Items     items
	Names     []string
	Documents []items
	XML       string
	Expect    struct {
		XML       string
		Items     items
		ItemsBack items
		Documents []items
		Error     *failure
	}
}

func runXML(t *testing.T, c *engineCase) error {
	t.Helper()
	var in xmlCase
	c.decode(t, &in)
	switch in.Op {
	case "write", "writeItems":
		return in.write()
	case "writeCollection":
		return sameXML(in.Expect.XML, document.AppendXMLCollection(nil, clones(in.Documents)))
	case "read":
		got, err := document.ParseXML([]byte(in.XML))
		if in.Expect.Error != nil || err != nil {
			return in.Expect.Error.compare(err)
		}
		return newComparison().items("items", in.Expect.Items, got)
	case "readCollection":
		got, err := document.ParseXMLCollection([]byte(in.XML))
		if in.Expect.Error != nil || err != nil {
			return in.Expect.Error.compare(err)
		}
		return compareDocuments(in.Expect.Documents, got)
	}
	return fmt.Errorf("unknown op %q", in.Op)
}

func (in *xmlCase) write() error {
	written := document.AppendXML(nil, in.Items.clone(), in.Names...)
	if in.Expect.Error != nil {
		return in.Expect.Error.compare(nil)
	}
	if err := sameXML(in.Expect.XML, written); err != nil || in.Expect.ItemsBack == nil {
		return err
	}
	back, err := document.ParseXML(written)
	if err != nil {
		return err
	}
	return newComparison().items("items", in.Expect.ItemsBack, back)
}

func clones(documents []items) []workitem.Items {
	list := make([]workitem.Items, len(documents))
	for i, it := range documents {
		list[i] = it.clone()
	}
	return list
}

func compareDocuments(want []items, got []workitem.Items) error {
	if len(want) != len(got) {
		return fmt.Errorf("%d documents, expected %d", len(got), len(want))
	}
	for i := range want {
		if err := newComparison().items(fmt.Sprintf("document %d", i), want[i], got[i]); err != nil {
			return err
		}
	}
	return nil
}

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
