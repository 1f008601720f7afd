package document

import (
	"bytes"
	"strings"
)

// declaration reads the XML declaration, if there is one.
func (r *xmlReader) declaration() error {
	rest := r.data[r.pos:]
	if !bytes.HasPrefix(rest, []byte("<?xml")) || len(rest) < 6 || !isBlank(rest[5:6]) {
		return nil
	}
	length := bytes.Index(rest, []byte("?>"))
	if length < 0 {
		return r.fail("the text ends within the XML declaration")
	}
	end := r.pos + length
	// It is written as a tag's attributes are.
	inner := scanner{data: r.data[:end], pos: r.pos + len("<?xml"), open: []element{{}}}
	for inner.pos < end {
		if blanks := inner.blanks(); inner.pos == end {
			break
		} else if !blanks || len(inner.attributes) == 3 {
			return inner.fail("not an XML declaration")
		}
		if err := inner.readAttribute(); err != nil {
			return err
		}
	}
	if len(inner.bindings) > 0 {
		return r.fail("not an XML declaration")
	}
	r.pos = end + len("?>")
	return r.checkDeclaration(inner.attributes)
}

// checkDeclaration wants version, encoding and standalone in their order.
func (r *xmlReader) checkDeclaration(given []attribute) error {
	known := []string{"version", "encoding", "standalone"}
	for _, a := range given {
		for len(known) > 0 && known[0] != string(a.local) {
			known = known[1:]
		}
		value := string(a.value)
		switch {
		case len(known) == 0 || len(a.prefix) > 0:
			return r.failAt(a.began, "not an XML declaration")
		case known[0] == "version" && value != "1.0":
			return r.failAt(a.began, "XML %s is not read, only 1.0", value)
		case known[0] == "encoding" && !strings.EqualFold(value, "UTF-8") && !strings.EqualFold(value, "US-ASCII"):
			return r.failAt(a.began, "the encoding %s is not read, only UTF-8", value)
		case known[0] == "standalone" && value != "yes" && value != "no":
			return r.failAt(a.began, "standalone is neither yes nor no")
		}
		known = known[1:]
	}
	if len(given) == 0 || string(given[0].local) != "version" {
		return r.fail("the XML declaration has no version")
	}
	return nil
}
