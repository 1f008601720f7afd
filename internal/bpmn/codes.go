package bpmn

// Code names a kind of problem. Codes are stable: scripts may compare them.
type Code string

// Codes of files that are no model, see [ParseError].
const (
	XMLLimit       Code = "xml-limit"
	XMLMalformed   Code = "xml-malformed"
	XMLEncoding    Code = "xml-encoding"
	XMLDoctype     Code = "xml-doctype"
	NotBPMN        Code = "not-bpmn"
	ProcessMissing Code = "process-missing"
	ModelLimit     Code = "model-limit"
)

// Codes of ids and names.
const (
	VersionMissing     Code = "version-missing"
	TaskIDInvalid      Code = "task-id-invalid"
	TaskIDDuplicate    Code = "task-id-duplicate"
	EventIDInvalid     Code = "event-id-invalid"
	EventIDDuplicate   Code = "event-id-duplicate"
	ElementIDMissing   Code = "element-id-missing"
	ElementIDDuplicate Code = "element-id-duplicate"
	FlowIDDuplicate    Code = "flow-id-duplicate"
	IDIgnored          Code = "id-ignored"
	SubprocessIgnored  Code = "subprocess-ignored"
	ProcessNameMissing Code = "process-name-missing"
)

// Codes of boundary events.
const (
	BoundaryNotAttached       Code = "boundary-not-attached"
	BoundaryWithoutEffect     Code = "boundary-without-effect"
	BoundaryTargetMissing     Code = "boundary-target-missing"
	BoundaryTargetNotCatching Code = "boundary-target-not-catching"
	BoundaryTargetHidden      Code = "boundary-target-hidden"
	BoundaryTargetAmbiguous   Code = "boundary-target-ambiguous"
	BoundaryKindIgnored       Code = "boundary-kind-ignored"
	BoundaryDuplicate         Code = "boundary-duplicate"
	BoundaryCancelInvalid     Code = "boundary-cancel-invalid"
	BoundaryLoop              Code = "boundary-loop"
	TimerInvalid              Code = "timer-invalid"
	TimerEmpty                Code = "timer-empty"
)

// Codes of sequence flows, gateways and link events.
const (
	FlowBroken            Code = "flow-broken"
	FlowAmbiguous         Code = "flow-ambiguous"
	FlowMaybeAmbiguous    Code = "flow-maybe-ambiguous"
	FlowTooLong           Code = "flow-too-long"
	FlowDeadEnd           Code = "flow-dead-end"
	ConditionIgnored      Code = "condition-ignored"
	CheckIncomplete       Code = "check-incomplete"
	GatewayDeadEnd        Code = "gateway-dead-end"
	GatewayCycle          Code = "gateway-cycle"
	GatewayDefaultMissing Code = "gateway-default-missing"
	GatewayDefaultIgnored Code = "gateway-default-ignored"
	GatewayFlowUnused     Code = "gateway-flow-unused"
	ParallelMainMissing   Code = "parallel-main-missing"
	ParallelMainSeveral   Code = "parallel-main-several"
	ParallelMainDoubtful  Code = "parallel-main-doubtful"
	LinkTargetMissing     Code = "link-target-missing"
	LinkDeadEnd           Code = "link-dead-end"
	LinkCatchDuplicate    Code = "link-catch-duplicate"
	LinkUnused            Code = "link-unused"
	LinkFlowIgnored       Code = "link-flow-ignored"
)

// Codes of events and tasks.
const (
	EventDeadEnd        Code = "event-dead-end"
	EventNotCatching    Code = "event-not-catching"
	EventIgnored        Code = "event-ignored"
	EventUnreachable    Code = "event-unreachable"
	FollowUpEndless     Code = "follow-up-endless"
	FollowUpLoop        Code = "follow-up-loop"
	TaskUnreachable     Code = "task-unreachable"
	TaskStuck           Code = "task-stuck"
	TaskWithoutExit     Code = "task-without-exit"
	TaskKindUnsupported Code = "task-kind-unsupported"
)

// Codes of what only the kernel understands; package workflow reports them.
const (
	ConditionInvalid   Code = "condition-invalid"
	RuleInvalid        Code = "rule-invalid"
	RuleEngineUnknown  Code = "rule-engine-unknown"
	RuleIgnored        Code = "rule-ignored"
	ModelSwitchInvalid Code = "model-switch-invalid"
	ResultMalformed    Code = "result-malformed"
	ResultIgnored      Code = "result-ignored"
	TextMalformed      Code = "text-malformed"
	PluginUnknown      Code = "plugin-unknown"
	PluginUnsupported  Code = "plugin-unsupported"
	AdapterUnknown     Code = "adapter-unknown"
	AdapterUnsupported Code = "adapter-unsupported"
	AdapterIgnored     Code = "adapter-ignored"
)

// Explanation is what the catalogue says about a code.
type Explanation struct {
	Code     Code
	Severity Severity
	// Text is one sentence that says what is wrong.
	Text string
}

// Catalogue returns all codes, in the order in which they are documented.
func Catalogue() []Explanation {
	var all []Explanation
	for _, part := range [][]Explanation{fileCodes(), idCodes(), boundaryCodes(), flowCodes(), linkCodes(), eventCodes(), kernelCodes()} {
		all = append(all, part...)
	}
	return all
}

func fileCodes() []Explanation {
	return []Explanation{
		{XMLLimit, Error, "The file is larger, more deeply nested or more crowded than any model is."},
		{XMLMalformed, Error, "The file is not well-formed XML."},
		{XMLEncoding, Error, "The file is not UTF-8."},
		{XMLDoctype, Error, "The file declares a document type, which could define entities."},
		{NotBPMN, Error, "The file is XML, but not a BPMN 2.0 model."},
		{ProcessMissing, Error, "The model has no process."},
		{ModelLimit, Error, "The flows of the model are so entangled that following them would take too long."},
	}
}

func idCodes() []Explanation {
	return []Explanation{
		{VersionMissing, Error, "The model names no version."},
		{TaskIDInvalid, Error, "The id of a task is not a positive number."},
		{TaskIDDuplicate, Error, "Two tasks have the same id, and the second can never be reached by it."},
		{EventIDInvalid, Error, "The id of an event is not a positive number."},
		{EventIDDuplicate, Warning, "Two events that can be called on one task have the same id, and the second can never be called."},
		{ElementIDMissing, Error, "A task, event or gateway has no XML id, and no flow can lead to it."},
		{ElementIDDuplicate, Error, "Two elements have the same XML id, and the second is lost."},
		{FlowIDDuplicate, Warning, "Two sequence flows have the same XML id; messages cannot tell them apart."},
		{IDIgnored, Warning, "An element of this kind can have no task or event id; the id is ignored."},
		{SubprocessIgnored, Warning, "Tasks and events inside a subprocess are not looked at."},
		{ProcessNameMissing, Warning, "A process with tasks has no name, so that its workitems get an empty workflow group."},
	}
}

func boundaryCodes() []Explanation {
	return []Explanation{
		{BoundaryNotAttached, Error, "A boundary event is attached to nothing, and will never fire."},
		{BoundaryWithoutEffect, Warning, "A boundary event will never fire: its host is no task with an id, or it leads to no event with an id."},
		{BoundaryTargetMissing, Error, "A timer leads to no event with an id, and will never fire."},
		{BoundaryTargetNotCatching, Error, "A boundary event leads to an event that cannot be processed."},
		{BoundaryTargetHidden, Error, "A boundary event leads to an event whose id means another event on that task."},
		{BoundaryTargetAmbiguous, Warning, "A boundary event leads to several events; only the first will fire."},
		{BoundaryKindIgnored, Warning, "Boundary events of this kind are treated as timers without a wait."},
		{BoundaryDuplicate, Warning, "Two boundary events of a task do the same at the same time."},
		{BoundaryCancelInvalid, Error, "The cancelActivity of a boundary event is neither true nor false."},
		{BoundaryLoop, Warning, "An interrupting boundary event that does not wait can lead back to its own task, again and again."},
		{TimerInvalid, Error, "The value of a timer cannot be read."},
		{TimerEmpty, Warning, "A timer has no value, and fires at once."},
	}
}

func flowCodes() []Explanation {
	return []Explanation{
		{FlowBroken, Error, "A sequence flow does not connect two elements of one process."},
		{FlowAmbiguous, Error, "An event leads to two places at once, without a gateway."},
		{FlowMaybeAmbiguous, Warning, "An event can lead to two places at once, depending on conditions."},
		{FlowTooLong, Error, "Too many elements stand between an event and what it leads to."},
		{FlowDeadEnd, Warning, "A flow of a gateway leads to no task or event; a processing that takes it fails."},
		{ConditionIgnored, Warning, "Nobody evaluates the condition of this flow."},
		{CheckIncomplete, Warning, "The flows of the model are so entangled that not all of them were looked at."},
		{GatewayDeadEnd, Error, "A gateway has no way out."},
		{GatewayCycle, Error, "Flows lead in a circle that contains no task or event."},
		{GatewayDefaultMissing, Warning, "All flows of a gateway have conditions; if none holds, the processing fails."},
		{GatewayDefaultIgnored, Warning, "The default flow of a gateway is not what is taken by default."},
		{GatewayFlowUnused, Warning, "A flow of a gateway is never taken, because an earlier one has no condition either."},
		{ParallelMainMissing, Error, "A parallel gateway leads the workitem itself nowhere."},
		{ParallelMainSeveral, Error, "A parallel gateway leads the workitem itself to several tasks."},
		{ParallelMainDoubtful, Warning, "A parallel gateway may lead the workitem itself to several places, depending on conditions."},
	}
}

func linkCodes() []Explanation {
	return []Explanation{
		{LinkTargetMissing, Error, "A throwing link event has no catching one of its name."},
		{LinkDeadEnd, Error, "A link leads to a link event that goes nowhere."},
		{LinkCatchDuplicate, Warning, "Two catching link events have the same name; only the first counts."},
		{LinkUnused, Warning, "A catching link event has no throwing one of its name."},
		{LinkFlowIgnored, Warning, "A catching link event has several flows; only the first is followed."},
	}
}

func eventCodes() []Explanation {
	return []Explanation{
		{EventDeadEnd, Error, "An event leads to no task or event."},
		{EventNotCatching, Error, "An event that can be called is no intermediateCatchEvent, and cannot be processed."},
		{EventIgnored, Warning, "An event that is no intermediateCatchEvent follows another one; the workitem stays where it is."},
		{EventUnreachable, Warning, "Nobody can call an event, and none that can be called leads to it."},
		{FollowUpEndless, Error, "Events follow each other in a circle, and the workitem can never come to rest."},
		{FollowUpLoop, Warning, "Events can follow each other in a circle; a processing that goes round fails."},
		{TaskUnreachable, Warning, "No event leads to a task, and no process starts there."},
		{TaskStuck, Warning, "No event can be called on a task, although its process goes on."},
		{TaskWithoutExit, Warning, "All events of a task lead back to it, and it is not drawn as an end."},
		{TaskKindUnsupported, Error, "An event leads to a task on which no workitem can rest."},
	}
}

func kernelCodes() []Explanation {
	return []Explanation{
		{ConditionInvalid, Error, "The condition of a flow does not compile."},
		{RuleInvalid, Error, "The business rule of an event does not compile."},
		{RuleEngineUnknown, Error, "The business rule of an event is not JavaScript."},
		{RuleIgnored, Warning, "An event has a business rule, but the model does not name the RulePlugin."},
		{ModelSwitchInvalid, Error, "The model switch of an event is incomplete."},
		{ResultMalformed, Error, "A tag in the result of an event is not closed."},
		{ResultIgnored, Warning, "The result of an event has a tag, but the model does not name the plugin that reads it."},
		{TextMalformed, Error, "A tag in a text is not closed."},
		{PluginUnknown, Error, "The model names a plugin that nobody knows."},
		{PluginUnsupported, Warning, "The model names a plugin that is known, but not part of Postlude."},
		{AdapterUnknown, Error, "An event names an adapter that nobody knows."},
		{AdapterUnsupported, Warning, "An event names an adapter that is known, but not part of Postlude."},
		{AdapterIgnored, Warning, "An event names several adapters; only the first runs."},
	}
}
