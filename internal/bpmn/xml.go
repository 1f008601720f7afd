package bpmn

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of a file. They keep a hostile file from costing more memory than its
// size suggests; real models stay far below.
const (
	maxSize       = 20 << 20
	maxDepth      = 100
	maxElements   = 500_000 // without those of the diagram
	maxAttributes = 100     // of one element
	// maxAllAttributes is how many all elements have, without those of the diagram.
	maxAllAttributes = 1_000_000
)

const imixsNamespace = "http://www.imixs.org/bpmn2"

// node is an XML element. Diagram parts are left out.
type node struct {
	name     string // local name, "" unless of the BPMN or Imixs namespace
	tag      string // local name of whatever namespace
	imixs    bool
	attrs    []attribute
	children []*node
	text     []byte   // all text, CDATA included
	cdata    []string // CDATA sections alone
	line     int
}

// attribute is an attribute without namespace, or of Imixs: "imixs:" and its
// name.
type attribute struct{ name, value string }

// lookup returns the value of an attribute and whether there is one.
func (n *node) lookup(name string) (string, bool) {
	for _, a := range n.attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// attr returns the value of an attribute, "" if there is none.
func (n *node) attr(name string) string {
	value, _ := n.lookup(name)
	return value
}

// child returns the first child of a BPMN name, nil if there is none.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name && !c.imixs {
			return c
		}
	}
	return nil
}

// childText returns the text of the first child of a BPMN name.
func (n *node) childText(name string) string {
	if c := n.child(name); c != nil {
		return string(c.text)
	}
	return ""
}

// label names an element in messages: its id, else its tag.
func (n *node) label() string {
	if id := n.attr("id"); id != "" {
		return id
	}
	return n.tag
}

// treeReader builds the tree. It does not recurse: the depth of a file is
// checked, not trusted.
type treeReader struct {
	file     string
	data     []byte
	fault    *fault // behind data, nil if data is the whole file
	dec      *xml.Decoder
	imixs    map[string]bool // namespaces that are Imixs
	declared map[string]bool // namespaces that have been declared
	stack    []*node         // the open elements, below a node for the file
	diagram  int             // the depth of the open diagram, 0 if none is
	count    int             // elements
	attrs    int             // their attributes
}

func readTree(file string, r io.Reader) (*node, error) {
	data, err := readAll(r)
	if err != nil {
		return nil, &ParseError{File: file, Err: fmt.Errorf("read: %w", err)}
	}
	if len(data) > maxSize {
		return nil, &ParseError{Code: XMLLimit, File: file, Err: fmt.Errorf("larger than %d MiB", maxSize>>20)}
	}
	data, found := guard(data)
	t := &treeReader{
		file: file, data: data, fault: found, dec: xml.NewDecoder(bytes.NewReader(data)),
		imixs:    map[string]bool{imixsNamespace: true},
		declared: map[string]bool{"": true, "xmlns": true, "http://www.w3.org/XML/1998/namespace": true},
		stack:    []*node{{}},
	}
	t.dec.CharsetReader = charset
	return t.read()
}

// readAll reads up to the largest size, and a byte more if there is one.
func readAll(r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	if sized, ok := r.(interface{ Len() int }); ok {
		b.Grow(min(sized.Len(), maxSize) + bytes.MinRead)
	}
	_, err := b.ReadFrom(io.LimitReader(r, maxSize+1))
	return b.Bytes(), err
}

func (t *treeReader) read() (*node, error) {
	for {
		offset := t.dec.InputOffset()
		line, _ := t.dec.InputPos()
		token, err := t.dec.Token()
		switch {
		case errors.Is(err, io.EOF):
			return t.finish()
		case err != nil:
			return nil, t.failed(line, err)
		}
		if f := t.take(token, offset, line); f != nil {
			return nil, t.located(line, f)
		}
	}
}

// finish returns the root element once the file has ended well.
func (t *treeReader) finish() (*node, error) {
	roots := t.stack[0].children
	switch {
	case t.fault != nil:
		return nil, t.located(t.fault.line, t.fault)
	case len(roots) == 0:
		return nil, t.located(1, &fault{code: NotBPMN, text: "not a BPMN 2.0 file: it is empty"})
	case roots[0].name != "definitions" || roots[0].imixs:
		return nil, &ParseError{
			Code: NotBPMN, File: t.file, Line: roots[0].line, Element: roots[0].tag,
			Err: errors.New("not a BPMN 2.0 file: its root element is not \"definitions\" of the BPMN namespace"),
		}
	}
	return roots[0], nil
}

func (t *treeReader) take(token xml.Token, offset int64, line int) *fault {
	top := t.stack[len(t.stack)-1]
	switch token := token.(type) {
	case xml.StartElement:
		return t.open(top, token, line)
	case xml.EndElement:
		t.stack = t.stack[:len(t.stack)-1]
		if len(t.stack) < t.diagram {
			t.diagram = 0
		}
	case xml.CharData:
		return t.text(top, token, offset)
	case xml.Directive:
		return &fault{code: XMLDoctype, text: "a document type declaration is refused: no entities are expanded"}
	}
	return nil
}

func (t *treeReader) open(top *node, token xml.StartElement, line int) *fault {
	if t.diagram == 0 {
		t.count++
		t.attrs += len(token.Attr)
	}
	switch {
	case len(t.stack) > maxDepth:
		return &fault{code: XMLLimit, text: fmt.Sprintf("more than %d nested elements", maxDepth)}
	case t.count > maxElements:
		return &fault{code: XMLLimit, text: fmt.Sprintf("more than %d elements", maxElements)}
	case len(token.Attr) > maxAttributes:
		return &fault{code: XMLLimit, text: fmt.Sprintf("element %s has more than %d attributes", token.Name.Local, maxAttributes)}
	case t.attrs > maxAllAttributes:
		return &fault{code: XMLLimit, text: fmt.Sprintf("all elements have more than %d attributes", maxAllAttributes)}
	case len(t.stack) == 1 && len(top.children) > 0:
		return malformed("a second root element " + token.Name.Local)
	}
	n, f := t.node(token, line)
	if f != nil {
		return f
	}
	switch {
	case t.diagram > 0:
	case token.Name.Local == "BPMNDiagram":
		t.diagram = len(t.stack) + 1
	default:
		top.children = append(top.children, n)
	}
	t.stack = append(t.stack, n)
	return nil
}

// node makes a node of a start tag. What is drawn gets an empty one.
func (t *treeReader) node(token xml.StartElement, line int) (*node, *fault) {
	if f := t.declare(token); f != nil {
		return nil, f
	}
	n := &node{tag: token.Name.Local, line: line}
	if t.diagram > 0 {
		return n, nil
	}
	n.imixs = t.imixs[token.Name.Space]
	if n.imixs || isBPMN(token.Name.Space) {
		n.name = token.Name.Local
		n.attrs = t.attributes(token)
	}
	return n, nil
}

// declare notes the namespaces that a start tag declares, and refuses a tag that
// uses others: the decoder leaves their prefixes as they are.
func (t *treeReader) declare(token xml.StartElement) *fault {
	for i, a := range token.Attr {
		if a.Name.Space == "xmlns" && a.Value == "" {
			return malformed("the prefix " + a.Name.Local + " is declared as nothing")
		}
		if a.Name.Space == "xmlns" || a.Name == (xml.Name{Local: "xmlns"}) {
			t.declared[a.Value] = true
			if a.Name.Local == "imixs" {
				t.imixs[a.Value] = true
			}
		}
		for _, b := range token.Attr[:i] {
			if a.Name == b.Name {
				return malformed("element " + token.Name.Local + " has the attribute " + a.Name.Local + " twice")
			}
		}
	}
	if !t.declared[token.Name.Space] {
		return malformed("the prefix of element " + token.Name.Space + ":" + token.Name.Local + " is not declared")
	}
	for _, a := range token.Attr {
		if !t.declared[a.Name.Space] {
			return malformed("the prefix of attribute " + a.Name.Space + ":" + a.Name.Local + " of element " + token.Name.Local + " is not declared")
		}
	}
	return nil
}

func (t *treeReader) attributes(token xml.StartElement) []attribute {
	kept := make([]attribute, 0, len(token.Attr))
	for _, a := range token.Attr {
		switch {
		case a.Name.Space == "" && a.Name.Local != "xmlns":
			kept = append(kept, attribute{a.Name.Local, a.Value})
		case a.Name.Space != "" && t.imixs[a.Name.Space]:
			kept = append(kept, attribute{"imixs:" + a.Name.Local, a.Value})
		}
	}
	return kept
}

func (t *treeReader) text(top *node, token xml.CharData, offset int64) *fault {
	if len(t.stack) == 1 {
		if len(bytes.TrimSpace(token)) > 0 {
			return malformed("text outside the root element")
		}
		return nil
	}
	if top.name == "" {
		return nil
	}
	if bytes.HasPrefix(t.data[offset:], []byte("<![CDATA[")) {
		top.cdata = append(top.cdata, string(token))
	} else if len(top.children) > 0 && len(bytes.TrimSpace(token)) == 0 {
		return nil // between the children
	}
	top.text = append(top.text, token...)
	return nil
}

// isBPMN accepts the namespace of every version of BPMN.
func isBPMN(space string) bool {
	return strings.HasPrefix(space, "http://www.omg.org/spec/BPMN/") && strings.HasSuffix(space, "/MODEL")
}
