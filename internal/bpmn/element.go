package bpmn

import "cmp"

// element is a flow node: activity, event or gateway.
type element struct {
	id, kind, name string
	index          int // in model.nodes
	line           int
	process        *Process
	out, in        []*Flow
	task           *Task
	event          *Event
	link           bool   // has a linkEventDefinition
	definition     string // what kind of event it is, such as "timer"; "" for none
	byDefault      string // id of the default flow of a gateway
	xml            *node  // nil once the model is parsed
}

func (e *element) gateway() bool {
	switch e.kind {
	case "exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway":
		return true
	}
	return false
}

func (e *element) parallel() bool { return e.kind == "parallelGateway" }

func isActivity(kind string) bool {
	switch kind {
	case "adHocSubProcess", "transaction", "callActivity":
		return true
	}
	return IsTaskType(kind)
}

// hasContent says whether an activity contains a process of its own.
func hasContent(kind string) bool {
	return kind == "subProcess" || kind == "adHocSubProcess" || kind == "transaction"
}

// IsTaskType says whether a workitem can come to rest on an activity of this
// BPMN type.
func IsTaskType(kind string) bool {
	switch kind {
	case "task", "manualTask", "userTask", "scriptTask", "serviceTask",
		"sendTask", "receiveTask", "businessRuleTask", "subProcess":
		return true
	}
	return false
}

func isEvent(kind string) bool {
	switch kind {
	case "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent":
		return true
	}
	return false
}

// canBeEvent says whether an event of this BPMN type may have an id.
func canBeEvent(kind string) bool { return isEvent(kind) && kind != "endEvent" }

// label names an element in messages: its XML id, else its kind.
func (e *element) label() string { return cmp.Or(e.id, e.kind) }

// label names a flow in messages.
func (f *Flow) label() string { return cmp.Or(f.ElementID, "sequenceFlow") }
