package document

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/postlude/postlude/internal/workitem"
)

// ParseXML reads an XML document with the root "document": what [AppendXML]
// writes, and all that Imixs reads. Names are brought into their form; of two
// items of the same name the last one counts. Elements and attributes that
// are not of the form are skipped.
//
// The error is a [*ParseError]. Besides what is no XML in UTF-8, a document type, an
// unknown type, and a value that its type does not have are errors: the value
// would be lost otherwise.
func ParseXML(data []byte) (workitem.Items, error) {
	r, err := newXMLReader(data, "document")
	if err != nil {
		return nil, err
	}
	items, err := r.document()
	if err != nil {
		return nil, err
	}
	return items, r.end()
}

// ParseXMLCollection reads an XML document with the root "data", as
// [AppendXMLCollection] writes it; see [ParseXML].
func ParseXMLCollection(data []byte) ([]workitem.Items, error) {
	r, err := newXMLReader(data, "data")
	if err != nil {
		return nil, err
	}
	return r.collection()
}

// ParseXMLDocuments reads what ParseXML reads, as one document, and what
// ParseXMLCollection reads.
func ParseXMLDocuments(data []byte) ([]workitem.Items, error) {
	r, err := newXMLReader(data, "document", "data")
	if err != nil {
		return nil, err
	}
	if r.local == "data" {
		return r.collection()
	}
	items, err := r.document()
	if err != nil {
		return nil, err
	}
	return []workitem.Items{items}, r.end()
}

// xmlReader reads documents by recursive descent.
type xmlReader struct {
	scanner
	count budget
	names names
}

// newXMLReader is past the start tag of the root, which is one of these.
func newXMLReader(data []byte, roots ...string) (*xmlReader, error) {
	r := &xmlReader{scanner: scanner{data: data}, names: names{}}
	if len(data) > MaxSize {
		return nil, r.limitAt(MaxSize, fmt.Sprintf("more than %d bytes", MaxSize))
	}
	if i := illegalXML(data); i >= 0 {
		return nil, r.failAt(i, "not a character that XML 1.0 in UTF-8 can have")
	}
	r.pos = len(data) - len(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err := r.declaration(); err != nil {
		return nil, err
	}
	t, err := r.next()
	for err == nil && t == characters {
		t, err = r.next()
	}
	switch {
	case err != nil:
		return nil, err
	case t == endOfText:
		return nil, r.fail("there is no document")
	case !slices.Contains(roots, r.local) || r.space != "":
		return nil, r.failAt(r.began, "the root element is %s, not %s", qualified(r.space, r.local), strings.Join(roots, " or "))
	}
	return r, nil
}

func qualified(space, local string) string {
	if space == "" {
		return local
	}
	return "{" + space + "}" + local
}

// collection reads the documents of the root element, and to the end.
func (r *xmlReader) collection() ([]workitem.Items, error) {
	documents := []workitem.Items{}
	err := r.children("document", func() error {
		items, err := r.document()
		documents = append(documents, items)
		return err
	})
	if err != nil {
		return nil, err
	}
	return documents, r.end()
}

// end makes sure that nothing follows the root element.
func (r *xmlReader) end() error {
	t, err := r.next()
	for err == nil && t == characters {
		t, err = r.next()
	}
	return err
}

// children calls child after the start tag of each element of that name, until
// the end of the element that has been opened; child reads to its end. Texts
// and other elements are skipped.
func (r *xmlReader) children(name string, child func() error) error {
	for {
		t, err := r.next()
		switch {
		case err != nil:
			return err
		case t == endTag:
			return nil
		case t == characters:
			continue
		case r.local == name && r.space == "":
			err = child()
		default:
			err = r.skip()
		}
		if err != nil {
			return err
		}
	}
}

// skip reads to the end of the element that has been opened.
func (r *xmlReader) skip() error {
	for depth := 1; depth > 0; {
		t, err := r.next()
		if err != nil {
			return err
		}
		switch t {
		case startTag:
			depth++
		case endTag:
			depth--
		case characters, endOfText:
		}
	}
	return nil
}

func (r *xmlReader) document() (workitem.Items, error) {
	began := r.began
	r.count.documents++
	r.count.deepest = 0
	if err := r.within(); err != nil {
		return nil, err
	}
	items := workitem.Items{}
	err := r.children("item", func() error {
		raw, err := r.itemName()
		if err != nil {
			return err
		}
		name := r.names.item(raw)
		if name == "" {
			return r.failAt(r.began, "an item has no name")
		}
		items[name], err = r.values(0)
		return err
	})
	if err == nil && r.count.tooDeep(items) {
		return nil, r.limitAt(began, "nested too deep to be stored")
	}
	return items, err
}

func (r *xmlReader) itemName() ([]byte, error) {
	r.count.items++
	name, ok := r.attribute("", "name")
	if !ok {
		return nil, r.failAt(r.began, "an item has no name")
	}
	return name, r.within()
}

// within makes sure that no limit is exceeded.
func (r *xmlReader) within() error {
	if reason := r.count.exceeded(); reason != "" {
		return r.limitAt(r.began, reason)
	}
	return nil
}

// enter makes sure that a list or map may have this depth.
func (r *xmlReader) enter(depth int) error {
	r.count.deepest = max(r.count.deepest, depth)
	return r.within()
}

// values reads the values of an item or of a list, which is at this depth.
func (r *xmlReader) values(depth int) (workitem.List, error) {
	if err := r.enter(depth); err != nil {
		return nil, err
	}
	list := workitem.List{}
	err := r.children("value", func() error {
		v, err := r.value(depth + 1)
		if v != nil {
			list = append(list, v)
		}
		return err
	})
	return list, err
}

func (r *xmlReader) mapOf(depth int) (workitem.Map, error) {
	if err := r.enter(depth); err != nil {
		return nil, err
	}
	m := workitem.Map{}
	err := r.children("item", func() error {
		name, err := r.itemName()
		if err != nil {
			return err
		}
		m[string(name)], err = r.values(depth + 1)
		return err
	})
	return m, err
}
