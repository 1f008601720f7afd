package bpmn

import (
	"errors"
	"strings"
)

var (
	errTimerSeveral = errors.New("is one of several of the boundary event, which may have one timeDate, timeCycle or timeDuration")
	errTimerElement = errors.New("has an element in it; an item reference is a text: &lt;itemvalue>NAME&lt;/itemvalue>")
)

// readTimer reads the timer of a boundary event from its element. Elements
// without a text do not count; if there are no others, the timer has the kind of
// one of them.
func readTimer(boundary *node) Timer {
	var timers []Timer
	var empty Timer
	for _, definition := range boundary.children {
		if definition.name != "timerEventDefinition" {
			continue
		}
		for _, n := range definition.children {
			switch t := readTimerElement(n); {
			case t.Text != "" || t.Err != nil:
				timers = append(timers, t)
			case t.Kind != NoTimer:
				empty = t
			}
		}
	}
	switch len(timers) {
	case 0:
		return empty
	case 1:
		return timers[0]
	default:
		t := timers[1]
		return Timer{Kind: t.Kind, Text: t.Text, Err: &TimerError{Text: t.Text, Err: errTimerSeveral}}
	}
}

func readTimerElement(n *node) Timer {
	for _, kind := range []TimerKind{TimeDuration, TimeDate, TimeCycle} {
		if n.name != kind.String() {
			continue
		}
		for _, c := range n.children {
			if strings.EqualFold(c.tag, "itemvalue") {
				return Timer{Kind: kind, Err: &TimerError{Text: string(n.text), Err: errTimerElement}}
			}
		}
		return ParseTimer(kind, string(n.text))
	}
	return Timer{}
}
