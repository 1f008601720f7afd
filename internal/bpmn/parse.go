package bpmn

import (
	"fmt"
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
		root:  root, signals: map[string]string{}, messages: map[string]string{}, flowIDs: map[string]int{},
		taskNames: taskNames(), eventNames: eventNames(),
	}
	p.definitions()
	p.processes()
	if len(p.model.Processes) == 0 {
		p.refuse(ProcessMissing, root, "the model has no process")
	}
	if p.refused == nil {
		p.resolve()
	}
	if p.refused != nil {
		return nil, p.refused
	}
	p.release()
	return p.model, nil
}

// Limits of a model.
const (
	maxNodes    = 100_000 // tasks, events and gateways
	maxMessages = maxSize // bytes of messages put into texts
)

// refuse gives up the file. The first reason counts.
func (p *parser) refuse(code Code, n *node, format string, args ...any) {
	if p.refused == nil {
		p.refused = &ParseError{Code: code, File: p.model.File, Line: n.line, Element: n.label(), Err: fmt.Errorf(format, args...)}
	}
}

// release gives the XML back: a model lives long.
func (p *parser) release() {
	for _, e := range p.elements {
		e.xml = nil
	}
	p.model.nodes = p.elements
}

type parser struct {
	model    *Model
	root     *node
	signals  map[string]string // signal id → name
	messages map[string]string // message name → documentation
	pools    map[string]string // process id → participant name
	objects  map[string]DataObject
	elements []*element
	flowIDs  map[string]int // to the line
	search   *search
	refused  error // why the file is no model
	replaced int   // bytes of messages that were put into texts

	taskNames, eventNames [][2]string
}

func (p *parser) definitions() {
	m := p.model
	m.Items = Items{}
	m.Items.read(p.root, definitionValue)
	for name, values := range m.Items {
		m.Items[name] = mapped(values)
	}
	m.Version = strings.TrimSpace(m.Items.Text("txtworkflowmodelversion"))
	m.Plugins = m.Items["txtplugins"]
	m.ElementID, m.Line, m.PluginsLine = p.root.label(), p.root.line, itemLine(p.root, "txtplugins")
	for _, n := range p.root.children {
		switch n.name {
		case "signal":
			p.signals[n.attr("id")] = n.attr("name")
		case "message":
			p.messages[n.attr("name")] = n.childText("documentation")
		}
	}
}

// mapped reduces "Label|item" to the item and leaves out what is repeated.
func mapped(values []string) []string {
	kept := make([]string, 0, len(values))
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		if _, item, ok := strings.Cut(v, "|"); ok {
			v = strings.TrimSpace(item)
		}
		if !seen[v] {
			seen[v] = true
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
			if c.name == "participant" && c.attr("processRef") != "" {
				p.pools[c.attr("processRef")] = c.attr("name")
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
	proc := &Process{ElementID: n.attr("id"), Name: n.attr("name"), Type: n.attr("processType"), Pool: p.pools[n.attr("id")], Line: n.line}
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
		case c.imixs:
		case isActivity(c.name) || isEvent(c.name) || strings.HasSuffix(c.name, "Gateway"):
			p.element(proc, c)
		case c.name == "dataObject":
			p.objects[c.attr("id")] = DataObject{Name: c.attr("name"), Documentation: c.childText("documentation")}
		}
	}
	for _, c := range n.children {
		switch c.name {
		case "sequenceFlow":
			p.flow(proc, c)
		case "association":
			p.association(c)
		}
	}
	p.links(p.elements[first:])
}

func (p *parser) element(proc *Process, n *node) {
	e := &element{
		id: n.attr("id"), kind: n.name, name: n.attr("name"), index: len(p.elements), line: n.line, process: proc,
		definition: definition(n), byDefault: n.attr("default"), xml: n,
	}
	switch first := p.model.elements[e.id]; {
	case len(p.elements) == maxNodes:
		p.refuse(ModelLimit, n, "the model has more than %d tasks, events and gateways", maxNodes)
		return
	case e.id == "":
		p.problem(ElementIDMissing, e.line, n.name, "the %s has no XML id; no flow can lead to it", n.name)
	case first != nil:
		p.problem(ElementIDDuplicate, e.line, e.id, "the XML id is also that of the %s in line %d; only the first counts", first.kind, first.line)
		return
	default:
		p.model.elements[e.id] = e
	}
	p.elements = append(p.elements, e)
	e.link = isEvent(e.kind) && n.child("linkEventDefinition") != nil
	p.extension(e)
}

// extension makes a task or an event of an element that has an id of Imixs.
func (p *parser) extension(e *element) {
	task, isTask := e.xml.lookup("imixs:processid")
	event, isEvent := e.xml.lookup("imixs:activityid")
	switch activity := isActivity(e.kind); {
	case isTask && activity:
		p.task(e, task)
	case isEvent && canBeEvent(e.kind):
		p.event(e, event)
	case isTask || isEvent:
		p.problem(IDIgnored, e.line, e.id, "an element of the kind %s can have no such id; the id %q is ignored", e.kind, task+event)
	}
	if hasContent(e.kind) {
		if inner := firstInside(e.xml); inner != nil {
			p.problem(SubprocessIgnored, e.line, e.id, "what is inside the subprocess is not looked at, such as %q (line %d)", inner.label(), inner.line)
		}
	}
}

// firstInside returns the first task or event with an id inside a subprocess.
func firstInside(n *node) *node {
	for _, c := range n.children {
		_, task := c.lookup("imixs:processid")
		_, event := c.lookup("imixs:activityid")
		if task || event {
			return c
		}
		if inner := firstInside(c); inner != nil {
			return inner
		}
	}
	return nil
}

// definition returns what kind of event an element is, such as "timer"; "" if
// it does not say.
func definition(n *node) string {
	for _, c := range n.children {
		if kind, ok := strings.CutSuffix(c.name, "EventDefinition"); ok && !c.imixs {
			return kind
		}
	}
	return ""
}

func (p *parser) task(e *element, id string) {
	items := elementItems(e.xml, p.taskNames)
	t := &Task{
		ID: number(id), ElementID: e.id, Type: e.kind, Name: items.Text("name"), Documentation: items.Text("documentation"),
		Items: items, Process: e.process, Line: e.line, rawID: id, element: e,
	}
	e.task = t
	e.process.Tasks = append(e.process.Tasks, t)
	p.model.tasks = append(p.model.tasks, t)
	if p.model.byTask[t.ID] == nil && t.ID != 0 {
		p.model.byTask[t.ID] = t
	}
}

func (p *parser) event(e *element, id string) {
	items := elementItems(e.xml, p.eventNames)
	v := &Event{
		ID: number(id), ElementID: e.id, Type: e.kind, Name: items.Text("name"), Documentation: items.Text("documentation"),
		Items: items, Process: e.process, Line: e.line, rawID: id, element: e,
	}
	// The old names have the same values.
	for _, name := range []string{"mail.subject", "mail.body"} {
		p.replaceMessages(e.xml, v.Items[name])
	}
	for _, n := range e.xml.children {
		if name := p.signals[n.attr("signalRef")]; n.name == "signalEventDefinition" && name != "" && !slices.Contains(v.Adapters, name) {
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

// replaceMessages puts the documentation of a message where a text refers to
// it by name.
func (p *parser) replaceMessages(n *node, values []string) {
	const open, end = "<bpmn2:message>", "</bpmn2:message>"
	for i, text := range values {
		var b strings.Builder
		for {
			before, rest, found := strings.Cut(text, open)
			name, after, closed := strings.Cut(rest, end)
			if !found || !closed {
				break
			}
			message := p.messages[name]
			if p.replaced += len(message); p.replaced > maxMessages {
				p.refuse(ModelLimit, n, "the messages in the texts of all events are longer than %d MiB", maxMessages>>20)
				return
			}
			b.WriteString(before)
			b.WriteString(message)
			text = after
		}
		values[i] = b.String() + text
	}
}

// end returns the element at one end of a flow, nil if it is not one of the
// same process.
func (p *parser) end(proc *Process, n *node, name string) *element {
	id, ok := n.lookup(name)
	e := p.model.elements[id]
	switch {
	case !ok:
		p.problem(FlowBroken, n.line, n.label(), "the sequence flow has no %s", name)
	case e == nil:
		p.problem(FlowBroken, n.line, n.label(), "the %s %q of the sequence flow is no element of the process", name, id)
	case e.process != proc:
		p.problem(FlowBroken, n.line, n.label(), "the %s %q of the sequence flow belongs to another process", name, id)
	default:
		return e
	}
	return nil
}

func (p *parser) flow(proc *Process, n *node) {
	source, target := p.end(proc, n, "sourceRef"), p.end(proc, n, "targetRef")
	if source == nil || target == nil {
		return
	}
	if line, ok := p.flowIDs[n.attr("id")]; ok && n.attr("id") != "" {
		p.problem(FlowIDDuplicate, n.line, n.attr("id"), "the XML id is also that of the sequence flow in line %d", line)
	} else {
		p.flowIDs[n.attr("id")] = n.line
	}
	f := &Flow{Index: len(p.model.flows), ElementID: n.attr("id"), Line: n.line, source: source, target: target, to: target}
	if text := n.childText("conditionExpression"); strings.TrimSpace(text) != "" {
		f.Condition = text
	}
	p.model.flows = append(p.model.flows, f)
	source.out = append(source.out, f)
	target.in = append(target.in, f)
}

// association hangs a data object on the task or event at its other end.
func (p *parser) association(n *node) {
	a, b := n.attr("sourceRef"), n.attr("targetRef")
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
