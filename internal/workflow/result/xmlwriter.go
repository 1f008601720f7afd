package result

import (
	"encoding/xml"
	"strings"
)

// xmlWriter writes tokens as they would stand in a document: empty elements
// close themselves, quotes are double.
type xmlWriter struct {
	b     strings.Builder
	begun bool // the last opening tag has no end yet
}

func (w *xmlWriter) reset() { *w = xmlWriter{} }

// String returns what was written.
func (w *xmlWriter) String() string { return w.b.String() }

func (w *xmlWriter) write(token xml.Token) {
	if end, ok := token.(xml.EndElement); ok {
		w.end(end)
		return
	}
	if w.begun {
		w.b.WriteByte('>')
		w.begun = false
	}
	switch t := token.(type) {
	case xml.StartElement:
		w.start(t)
	case xml.CharData:
		w.escape(string(t), false)
	case xml.Comment:
		w.b.WriteString("<!--" + string(t) + "-->")
	case xml.ProcInst:
		w.b.WriteString("<?" + t.Target + " " + string(t.Inst) + "?>")
	}
}

func (w *xmlWriter) start(t xml.StartElement) {
	w.b.WriteString("<" + fullName(t.Name))
	for _, a := range t.Attr {
		w.b.WriteString(" " + fullName(a.Name) + `="`)
		w.escape(a.Value, true)
		w.b.WriteByte('"')
	}
	w.begun = true
}

func (w *xmlWriter) end(t xml.EndElement) {
	if w.begun {
		w.b.WriteString("/>")
		w.begun = false
		return
	}
	w.b.WriteString("</" + fullName(t.Name) + ">")
}

func (w *xmlWriter) escape(text string, attribute bool) {
	for i := range len(text) {
		switch c := text[i]; {
		case c == '&':
			w.b.WriteString("&amp;")
		case c == '<':
			w.b.WriteString("&lt;")
		case c == '>':
			w.b.WriteString("&gt;")
		case c == '"' && attribute:
			w.b.WriteString("&quot;")
		default:
			w.b.WriteByte(c)
		}
	}
}
