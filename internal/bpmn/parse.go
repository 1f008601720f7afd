package bpmn

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Parse reads a BPMN file. The name is used in messages only.
//
// The error is a [*ParseError]: the file cannot be read, is larger than 20 MiB,
// is no well-formed XML or no BPMN. Faults inside a model are no error here,
// see [Model.Check]. Entities other than those of XML itself are refused.
func Parse(file string, r io.Reader) (*Model, error) {
	root, err := readTree(file, r)
	if err != nil {
		return nil, err
	}
	p := &parser{
		model: &Model{File: file, byTask: map[int]*Task{}, elements: map[string]*element{}},
		root:  root, signals: map[string]string{}, messages: map[string]string{},
	}
	p.definitions()
	p.processes()
	if len(p.model.Processes) == 0 {
		return nil, &ParseError{File: file, Line: root.line, Element: "definitions", Err: errors.New("has no process")}
	}
	p.resolve()
	return p.model, nil
}

type parser struct {
	model    *Model
	root     *node
	signals  map[string]string // signal id → name
	messages map[string]string // message name → documentation
	pools    map[string]string // process id → participant name
	objects  map[string]DataObject
	elements []*element
}

func (p *parser) definitions() {
	m := p.model
	m.Items = readItems(p.root, definitionValue)
	for name, values := range m.Items {
		m.Items[name] = mapped(values)
	}
	m.Version = strings.TrimSpace(m.Items.Text("txtworkflowmodelversion"))
	m.Plugins = m.Items["txtplugins"]
	for _, n := range p.root.children {
		switch n.name {
		case "signal":
			p.signals[n.attrs["id"]] = n.attrs["name"]
		case "message":
			p.messages[n.attrs["name"]] = n.childText("documentation")
		}
	}
}

// mapped reduces "Label|item" to the item and leaves out what is repeated.
func mapped(values []string) []string {
	kept := make([]string, 0, len(values))
	for _, v := range values {
		if _, item, ok := strings.Cut(v, "|"); ok {
			v = strings.TrimSpace(item)
		}
		if !slices.Contains(kept, v) {
			kept = append(kept, v)
		}
	}
	return kept
}

func (p *parser) processes() {
	p.pools = map[string]string{}
	for _, n := range p.root.children {
		if n.name != "collaboration" {
			continue
		}
		for _, c := range n.children {
			if c.name == "participant" && c.attrs["processRef"] != "" {
				p.pools[c.attrs["processRef"]] = c.attrs["name"]
			}
		}
	}
	for _, n := range p.root.children {
		if n.name == "process" && !n.imixs {
			p.process(n)
		}
	}
}

func (p *parser) process(n *node) {
	proc := &Process{ElementID: n.attrs["id"], Name: n.attrs["name"], Type: n.attrs["processType"], Pool: p.pools[n.attrs["id"]], Line: n.line}
	if proc.Type == "" {
		proc.Type = "Private"
		if len(p.model.Processes) == 0 {
			proc.Type = "Public"
		}
	}
	p.model.Processes = append(p.model.Processes, proc)
	p.objects = map[string]DataObject{}
	first := len(p.elements)
	for _, c := range n.children {
		switch {
		case isActivity(c.name) || isEvent(c.name) || strings.HasSuffix(c.name, "Gateway"):
			p.element(proc, c)
		case c.name == "dataObject":
			p.objects[c.attrs["id"]] = DataObject{Name: c.attrs["name"], Documentation: c.childText("documentation")}
		}
	}
	for _, c := range n.children {
		switch c.name {
		case "sequenceFlow":
			p.flow(c)
		case "association":
			p.association(c)
		}
	}
	p.links(p.elements[first:])
}

func (p *parser) element(proc *Process, n *node) {
	e := &element{id: n.attrs["id"], kind: n.name, name: n.attrs["name"], line: n.line, process: proc, xml: n}
	if p.model.elements[e.id] != nil {
		p.problem(Error, e.line, e.id, "the id is used more than once; only the first element counts")
		return
	}
	p.model.elements[e.id] = e
	p.elements = append(p.elements, e)
	e.link = isEvent(e.kind) && n.child("linkEventDefinition") != nil
	if id, ok := n.attrs["imixs:processid"]; ok && isActivity(e.kind) {
		p.task(e, id)
	}
	if id, ok := n.attrs["imixs:activityid"]; ok && isEvent(e.kind) && e.kind != "endEvent" {
		p.event(e, id)
	}
}

func (p *parser) task(e *element, id string) {
	t := &Task{
		ElementID: e.id, Type: e.kind, Name: e.name, Documentation: e.xml.childText("documentation"),
		Items: readItems(e.xml, elementValue), Process: e.process, Line: e.line, rawID: id,
	}
	t.ID = number(id)
	nameItems(t.Items, t.Name, t.Documentation)
	t.Items.pair(taskNames())
	e.task = t
	e.process.Tasks = append(e.process.Tasks, t)
	p.model.tasks = append(p.model.tasks, t)
	if p.model.byTask[t.ID] == nil && t.ID != 0 {
		p.model.byTask[t.ID] = t
	}
}

func (p *parser) event(e *element, id string) {
	v := &Event{
		ElementID: e.id, Type: e.kind, Name: e.name, Documentation: e.xml.childText("documentation"),
		Items: readItems(e.xml, elementValue), Process: e.process, Line: e.line, rawID: id, element: e,
	}
	v.ID = number(id)
	nameItems(v.Items, v.Name, v.Documentation)
	v.Items.pair(eventNames())
	for _, name := range []string{"mail.subject", "txtmailsubject", "mail.body", "rtfmailbody"} {
		p.replaceMessages(v.Items[name])
	}
	for _, n := range e.xml.children {
		if name := p.signals[n.attrs["signalRef"]]; n.name == "signalEventDefinition" && name != "" && !slices.Contains(v.Adapters, name) {
			v.Adapters = append(v.Adapters, name)
		}
	}
	e.event = v
	p.model.events = append(p.model.events, v)
}

// number reads an id the way Imixs does. 0 is no id.
func number(id string) int {
	n, err := strconv.ParseInt(id, 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

func nameItems(items Items, name, documentation string) {
	items["name"] = []string{name}
	if documentation != "" {
		items["documentation"] = []string{documentation}
	}
}

// replaceMessages puts the documentation of a message where a text refers to
// it by name.
func (p *parser) replaceMessages(values []string) {
	const open, end = "<bpmn2:message>", "</bpmn2:message>"
	for i, text := range values {
		var b strings.Builder
		for {
			before, rest, found := strings.Cut(text, open)
			name, after, closed := strings.Cut(rest, end)
			if !found || !closed {
				break
			}
			b.WriteString(before + p.messages[name])
			text = after
		}
		values[i] = b.String() + text
	}
}

func (p *parser) flow(n *node) {
	source, target := p.model.elements[n.attrs["sourceRef"]], p.model.elements[n.attrs["targetRef"]]
	if source == nil || target == nil {
		p.problem(Error, n.line, n.attrs["id"], "the sequence flow does not connect two elements of the process")
		return
	}
	f := &Flow{Index: len(p.model.flows), ElementID: n.attrs["id"], Line: n.line, source: source, target: target, to: target}
	if text := n.childText("conditionExpression"); strings.TrimSpace(text) != "" {
		f.Condition = text
	}
	p.model.flows = append(p.model.flows, f)
	source.out = append(source.out, f)
	target.in = append(target.in, f)
}

// association hangs a data object on the task or event at its other end.
func (p *parser) association(n *node) {
	a, b := n.attrs["sourceRef"], n.attrs["targetRef"]
	for _, ends := range [][2]string{{a, b}, {b, a}} {
		object, ok := p.objects[ends[0]]
		e := p.model.elements[ends[1]]
		if !ok || e == nil {
			continue
		}
		if e.task != nil {
			e.task.DataObjects = append(e.task.DataObjects, object)
		}
		if e.event != nil {
			e.event.DataObjects = append(e.event.DataObjects, object)
		}
	}
}

// links leads every flow into a throwing link event to the element behind the
// catching one. It is done once: a link event that leads straight to another
// link event leads nowhere, as in Imixs.
func (p *parser) links(elements []*element) {
	catching := map[string]*element{}
	for _, e := range elements {
		if e.link && e.kind == "intermediateCatchEvent" && catching[e.name] == nil {
			catching[e.name] = e
		}
	}
	for _, e := range elements {
		if !e.link || e.kind != "intermediateThrowEvent" {
			continue
		}
		c := catching[e.name]
		for _, f := range e.in {
			switch {
			case c == nil:
				f.to, f.broken = nil, ErrLink
			case len(c.out) == 0:
				f.to = nil
			default:
				f.to = c.out[0].target
			}
		}
	}
}
