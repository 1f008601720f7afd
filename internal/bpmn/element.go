package bpmn

// element is a flow node: activity, event or gateway.
type element struct {
	id, kind, name string
	line           int
	process        *Process
	out, in        []*Flow
	task           *Task
	event          *Event
	link           bool // has a linkEventDefinition
	xml            *node
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
