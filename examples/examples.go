// Package examples holds the BPMN models that the demo runs and that the
// documentation refers to.
package examples

import "embed"

// FS holds ticket.bpmn, order.bpmn, reminder.bpmn and escalation.bpmn.
//
//go:embed *.bpmn
var FS embed.FS
