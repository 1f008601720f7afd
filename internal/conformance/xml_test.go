package conformance_test

import (
	"fmt"
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
		return literally().items("items", in.Expect.Items, got)
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
	return literally().items("items", in.Expect.ItemsBack, back)
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
		if err := literally().items(fmt.Sprintf("document %d", i), want[i], got[i]); err != nil {
			return err
		}
	}
	return nil
}
