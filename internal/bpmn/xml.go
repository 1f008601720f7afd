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
	maxSize     = 20 << 20
	maxDepth    = 100
	maxElements = 200_000
)

const imixsNamespace = "http://www.imixs.org/bpmn2"

// node is an XML element. Diagram parts are left out.
type node struct {
	name     string // local name, "" unless of the BPMN or Imixs namespace
	imixs    bool
	attrs    map[string]string // without namespace, and "imixs:" names
	children []*node
	text     []byte   // all text, CDATA included
	cdata    []string // CDATA sections alone
	line     int
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

// treeReader builds the tree. It does not recurse: the depth of a file is
// checked, not trusted.
type treeReader struct {
	file  string
	data  []byte
	dec   *xml.Decoder
	imixs map[string]bool // namespaces that are Imixs, by address or by prefix
	stack []*node
	count int
}

func readTree(file string, r io.Reader) (*node, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, &ParseError{File: file, Err: fmt.Errorf("read: %w", err)}
	}
	if len(data) > maxSize {
		return nil, &ParseError{File: file, Err: fmt.Errorf("larger than %d MiB", maxSize>>20)}
	}
	t := &treeReader{
		file: file, data: data, dec: xml.NewDecoder(bytes.NewReader(data)),
		imixs: map[string]bool{imixsNamespace: true, "imixs": true},
	}
	return t.read()
}

func (t *treeReader) read() (*node, error) {
	root := &node{}
	t.stack = []*node{root}
	for {
		offset := t.dec.InputOffset()
		line, _ := t.dec.InputPos()
		token, err := t.dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, t.syntaxError(line, err)
		}
		if err := t.take(token, offset, line); err != nil {
			return nil, err
		}
	}
	for _, c := range root.children {
		if c.name == "definitions" {
			return c, nil
		}
	}
	return nil, &ParseError{File: t.file, Err: errors.New("not a BPMN 2.0 file: it has no element \"definitions\" of the BPMN namespace")}
}

func (t *treeReader) take(token xml.Token, offset int64, line int) error {
	top := t.stack[len(t.stack)-1]
	switch token := token.(type) {
	case xml.StartElement:
		t.count++
		if len(t.stack) > maxDepth || t.count > maxElements {
			return &ParseError{File: t.file, Line: line, Element: token.Name.Local, Err: errors.New("too deeply nested or too many elements")}
		}
		n := t.node(token, line)
		if token.Name.Local != "BPMNDiagram" {
			top.children = append(top.children, n)
		}
		t.stack = append(t.stack, n)
	case xml.EndElement:
		t.stack = t.stack[:len(t.stack)-1]
	case xml.CharData:
		if bytes.HasPrefix(t.data[offset:], []byte("<![CDATA[")) {
			top.cdata = append(top.cdata, string(token))
		}
		top.text = append(top.text, token...)
	}
	return nil
}

func (t *treeReader) node(token xml.StartElement, line int) *node {
	n := &node{line: line, attrs: make(map[string]string, len(token.Attr))}
	for _, a := range token.Attr {
		if a.Name.Space == "xmlns" && a.Name.Local == "imixs" {
			t.imixs[a.Value] = true
		}
	}
	for _, a := range token.Attr {
		switch {
		case a.Name.Space == "":
			n.attrs[a.Name.Local] = a.Value
		case t.imixs[a.Name.Space]:
			n.attrs["imixs:"+a.Name.Local] = a.Value
		}
	}
	n.imixs = t.imixs[token.Name.Space]
	if n.imixs || isBPMN(token.Name.Space) {
		n.name = token.Name.Local
	}
	return n
}

func (t *treeReader) syntaxError(line int, err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return &ParseError{File: t.file, Line: syntax.Line, Err: errors.New("not well-formed XML: " + syntax.Msg)}
	}
	return &ParseError{File: t.file, Line: line, Err: fmt.Errorf("read XML: %w", err)}
}

// isBPMN accepts the namespace of every version of BPMN.
func isBPMN(space string) bool {
	return strings.HasPrefix(space, "http://www.omg.org/spec/BPMN/") && strings.HasSuffix(space, "/MODEL")
}
