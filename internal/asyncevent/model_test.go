package asyncevent_test

import (
	"fmt"
	"strings"
)

// drawing is a BPMN model in the making: tasks t<id>, events e<id>.
type drawing struct {
	version string
	plugins []string
	signal  string // the name of the signal s
	body    strings.Builder
	flows   int
}

func draw(version string) *drawing { return &drawing{version: version} }

func (d *drawing) add(format string, args ...any) *drawing {
	fmt.Fprintf(&d.body, format+"\n", args...)
	return d
}

func (d *drawing) task(id int) *drawing {
	return d.add(`<bpmn2:task id="t%d" imixs:processid="%d" name="Task %d"/>`, id, id, id)
}

func (d *drawing) event(id int) *drawing {
	return d.add(`<bpmn2:intermediateCatchEvent id="e%d" imixs:activityid="%d" name="event %d"/>`, id, id, id)
}

func (d *drawing) gateway(kind, id string) *drawing {
	return d.add(`<bpmn2:%sGateway id="%s"/>`, kind, id)
}

// boundary attaches an event to a task; timer "" for one without.
func (d *drawing) boundary(id string, task int, timer string, interrupting bool) *drawing {
	definition := ""
	if timer != "" {
		definition = `<bpmn2:timerEventDefinition id="d` + id + `"><bpmn2:timeDuration>` + timer + `</bpmn2:timeDuration></bpmn2:timerEventDefinition>`
	}
	return d.add(`<bpmn2:boundaryEvent id="%s" attachedToRef="t%d" cancelActivity="%t">%s</bpmn2:boundaryEvent>`, id, task, interrupting, definition)
}

// flow connects elements in a row.
func (d *drawing) flow(ids ...string) *drawing {
	for i := range len(ids) - 1 {
		d.flows++
		d.add(`<bpmn2:sequenceFlow id="f%d" sourceRef="%s" targetRef="%s"/>`, d.flows, ids[i], ids[i+1])
	}
	return d
}

func (d *drawing) flowIf(condition, from, to string) *drawing {
	d.flows++
	return d.add(`<bpmn2:sequenceFlow id="f%d" sourceRef="%s" targetRef="%s"><bpmn2:conditionExpression><![CDATA[%s]]></bpmn2:conditionExpression></bpmn2:sequenceFlow>`,
		d.flows, from, to, condition)
}

func (d *drawing) source() []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<bpmn2:definitions xmlns:bpmn2="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2" id="d" targetNamespace="http://www.imixs.org/bpmn2">
<bpmn2:extensionElements><imixs:item name="txtworkflowmodelversion" type="xs:string"><imixs:value><![CDATA[` + d.version + `]]></imixs:value></imixs:item>` + d.profile() + `</bpmn2:extensionElements>
` + d.signals() + `<bpmn2:process id="p" name="Test ` + d.version + `" isExecutable="false">
<bpmn2:startEvent id="start"/>
` + d.body.String() + `</bpmn2:process>
</bpmn2:definitions>
`)
}

func (d *drawing) signals() string {
	if d.signal == "" {
		return ""
	}
	return `<bpmn2:signal id="s" name="` + d.signal + `"/>`
}

// profile lists the plugins.
func (d *drawing) profile() string {
	if len(d.plugins) == 0 {
		return ""
	}
	return `<imixs:item name="txtplugins" type="xs:string"><imixs:value><![CDATA[` +
		strings.Join(d.plugins, `]]></imixs:value><imixs:value><![CDATA[`) + `]]></imixs:value></imixs:item>`
}

// oneStep: 1000 -10-> 1100, whose boundary event leads at once through 20 to
// 1200. 30 loops back to 1100.
func oneStep() *drawing {
	return draw("one-step").task(1000).task(1100).task(1200).event(10).event(20).event(30).
		flow("start", "t1000", "e10", "t1100", "e30", "t1100").boundary("b", 1100, "", true).flow("b", "e20", "t1200")
}

// loop: 1000 -10-> 1000, with a boundary event in an hour.
func loop() *drawing {
	return draw("loop").task(1000).task(1200).event(10).event(20).
		flow("start", "t1000", "e10", "t1000").boundary("b", 1000, "PT1H", true).flow("b", "e20", "t1200")
}

// condition: as oneStep, but behind 20 a script decides.
func condition(version, script string) *drawing {
	return draw(version).task(1000).task(1100).task(1200).task(1300).event(10).event(20).gateway("exclusive", "x").
		flow("start", "t1000", "e10", "t1100").boundary("b", 1100, "", true).flow("b", "e20", "x").
		flowIf(script, "x", "t1200").flow("x", "t1300")
}

// reminder: on 1100 a non-interrupting boundary event leads at once through 20
// back to 1100, and an interrupting one in an hour through 30 to 1200.
func reminder() *drawing {
	return draw("reminder").task(1000).task(1100).task(1200).event(10).event(20).event(30).
		flow("start", "t1000", "e10", "t1100").
		boundary("remind", 1100, "", false).flow("remind", "e20", "t1100").
		boundary("escalate", 1100, "PT1H", true).flow("escalate", "e30", "t1200")
}

// split: 10 splits into 1100 and, through 20, 1200; both have a boundary event.
func split() *drawing {
	return draw("split").task(1000).task(1100).task(1200).task(1300).event(10).event(20).event(30).event(40).gateway("parallel", "p").
		flow("start", "t1000", "e10", "p", "t1100").flow("p", "e20", "t1200").
		boundary("b1", 1100, "PT1H", true).flow("b1", "e30", "t1300").
		boundary("b2", 1200, "PT2H", true).flow("b2", "e40", "t1300")
}
