package simulation

import (
	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/dryrun"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
)

// What is armed, and what becomes of it, the real thing decides in package
// asyncevent. This file is all that asks it.

// asyncEditor is the $editor of what nobody did.
const asyncEditor = asyncevent.Editor

// pending is an async event that waits for its time.
type pending struct {
	Armed
	occurrence bpmn.Occurrence
}

// arm returns what the boundary events of the reached task arm.
func (s *Simulation) arm(r workflow.Reached) ([]pending, error) {
	entries, err := asyncevent.Arm(r, s.now)
	if err != nil {
		return nil, err
	}
	return s.pendings(r, entries)
}

// mainEffect is that on the workitem that was asked for.
func (s *Simulation) mainEffect(step Step, p processed) (effect, error) {
	if p.fired == nil {
		return s.effect(step, p.Workitem)
	}
	b := asyncevent.Staying(p.before.items, p.Workitem, p.fired.BoundaryEvent)
	if b == nil {
		return s.effect(step, p.Workitem)
	}
	entries, err := asyncevent.ArmNext(b, p.fired.occurrence, p.fired.Workitem, p.before.armedBy, s.now)
	if err != nil {
		return effect{}, err
	}
	armed, err := s.pendings(p.Workitem, entries)
	return effect{
		step: s.reachedStep(step, p.Workitem, armed), reached: p.Workitem, armedBy: p.before.armedBy, armed: armed,
	}, err
}

// pendings reads entries as a worker does.
func (s *Simulation) pendings(r workflow.Reached, entries []outbox.NewEntry) ([]pending, error) {
	read, err := dryrun.ReadArmed(entries, s.now)
	if err != nil {
		return nil, err
	}
	list := make([]pending, len(read))
	for i, a := range read {
		event := Event{ID: a.TargetEvent}
		if target := r.Task.BoundaryTarget(event.ID); target != nil {
			event.Name = target.Name
		}
		due := a.Occurrence.Due.In(s.now.Location())
		list[i] = pending{
			Armed:      Armed{Workitem: a.Ref, Event: event, BoundaryEvent: a.BoundaryEvent, Due: due},
			occurrence: a.Occurrence,
		}
	}
	return list, nil
}

// addPlugins lets the plugins of the real thing run.
func addPlugins(k *workflow.Kernel) { k.Plugins, k.Always = plugin.Known(), plugin.Always() }
