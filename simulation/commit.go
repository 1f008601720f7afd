package simulation

import (
	"context"
	"slices"

	"github.com/postlude/postlude/internal/dryrun"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// processed is what a processing made, and of what.
type processed struct {
	workflow.Result
	// before is the workitem as it was, nil if it is new.
	before *state
	// fired is the async event that was processed, nil if a user called it.
	fired *pending
}

// effect is what a processing does to one workitem.
type effect struct {
	step    Step
	reached workflow.Reached
	armedBy string
	// moves is false if what earlier processings armed stays armed.
	moves bool
	armed []pending
}

// process runs the kernel.
func (s *Simulation) process(before *state, items workitem.Items, o workflow.Options) (processed, error) {
	s.processing = items.Text(workitem.UniqueID)
	defer func() { s.processing = "" }()
	result, err := s.kernel.Process(context.Background(), items, o)
	if err != nil {
		return processed{}, err
	}
	if err := dryrun.CheckItems(result); err != nil {
		return processed{}, err
	}
	return processed{Result: result, before: before}, nil
}

// commit takes the effects of a processing, all or none. The first step of the
// timeline is the given one.
func (s *Simulation) commit(step Step, p processed) error {
	effects, err := s.effects(step, p)
	if err != nil {
		return err
	}
	if err := dryrun.CheckEntries(p.Result); err != nil {
		return err
	}
	entries := make([]Step, len(p.Entries))
	for i, e := range p.Entries {
		entries[i] = s.entryStep(step.Workitem, e)
	}
	for i := range effects {
		s.apply(&effects[i])
	}
	s.steps = append(s.steps, entries...)
	return nil
}

// effects decides what a processing does, and changes nothing.
func (s *Simulation) effects(step Step, p processed) ([]effect, error) {
	main, err := s.mainEffect(step, p)
	if err != nil {
		return nil, err
	}
	effects := []effect{main}
	for _, r := range p.Splits {
		e, err := s.effect(Step{What: Split}, r)
		if err != nil {
			return nil, err
		}
		effects = append(effects, e)
	}
	for _, r := range p.Others {
		e, err := s.effect(Step{What: Plugin}, r)
		if err != nil {
			return nil, err
		}
		effects = append(effects, e)
	}
	return effects, nil
}

// effect is that of a processing which starts the timers of its task anew.
func (s *Simulation) effect(step Step, r workflow.Reached) (effect, error) {
	armed, err := s.arm(r)
	e := effect{reached: r, armedBy: r.Items.Text(workitem.TransactionID), moves: true, armed: armed}
	e.step = s.reachedStep(step, r, armed)
	return e, err
}

// apply takes an effect.
func (s *Simulation) apply(e *effect) {
	id := e.reached.Items.Text(workitem.UniqueID)
	s.store(id, e)
	s.steps = append(s.steps, e.step)
	if e.moves {
		s.discard(id)
	}
	for i := range e.armed {
		s.add(e.armed[i])
	}
}

func (s *Simulation) store(id string, e *effect) {
	items := e.reached.Items
	if s.workitems[id] == nil {
		s.order = append(s.order, id)
	}
	if items.Date(workitem.Created).IsZero() {
		items.Set(workitem.Created, s.now)
	}
	items.Set(workitem.Modified, s.now)
	s.workitems[id] = &state{items: items, armedBy: e.armedBy}
}

// discard removes what earlier processings armed for a workitem.
func (s *Simulation) discard(id string) {
	s.pending = slices.DeleteFunc(s.pending, func(p pending) bool {
		if p.Workitem != id {
			return false
		}
		s.steps = append(s.steps, Step{
			Time: s.now, Workitem: id, What: Stale, Event: p.Event, BoundaryEvent: p.BoundaryEvent, Due: p.Due,
			From: s.task(s.workitems[id].items), To: s.task(s.workitems[id].items),
		})
		return true
	})
}

// add puts an armed event in its place: by due time, and behind what is due at
// the same time.
func (s *Simulation) add(p pending) {
	i := len(s.pending)
	for i > 0 && p.Due.Before(s.pending[i-1].Due) {
		i--
	}
	s.pending = slices.Insert(s.pending, i, p)
}
