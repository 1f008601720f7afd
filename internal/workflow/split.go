package workflow

import (
	"context"
	"errors"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workitem"
)

// maxSplits is how many workitems one processing may make or process besides its
// own.
const maxSplits = 1000

// split divides the workitem at a parallel gateway. It returns where the
// workitem itself goes on; for each other branch it processes a copy.
func (r *run) split(ctx context.Context, event *bpmn.Event, gateway *bpmn.Gateway) (bpmn.Next, error) {
	return r.divide(event, gateway, func(branch *bpmn.Event) error { return r.splitOff(ctx, branch) })
}

// divide returns the branch of a parallel gateway that is the workitem's own;
// each other one goes to other, if that is not nil.
func (r *run) divide(event *bpmn.Event, gateway *bpmn.Gateway, other func(*bpmn.Event) error) (bpmn.Next, error) {
	branches, err := gateway.Branches()
	if err != nil {
		return bpmn.Next{}, navigationFault(event, err)
	}
	var main bpmn.Next
	for _, b := range branches {
		own, err := r.ownBranch(b)
		switch {
		case err != nil:
			return bpmn.Next{}, err
		case !own && other != nil:
			if err := other(b.Next.Event); err != nil {
				return bpmn.Next{}, err
			}
		case !own:
		case main != bpmn.Next{}:
			return bpmn.Next{}, fault(InvalidModelEntry, "parallel gateway %s: only one outcome can be directly linked to a task element", gateway.ElementID)
		default:
			main = b.Next
		}
	}
	if (main == bpmn.Next{}) {
		return bpmn.Next{}, fault(InvalidModelEntry,
			"parallel gateway %s: At least one outcome must be connected directly to a Task Element or evaluate to 'true'", gateway.ElementID)
	}
	return main, nil
}

// ownBranch says whether a branch is that of the workitem itself: one that
// leads to a task, or whose condition holds. A condition that fails does not
// hold; one that is stopped says nothing.
func (r *run) ownBranch(b bpmn.Branch) (bool, error) {
	if b.Next.Task != nil {
		return true, nil
	}
	for _, f := range b.Conditions {
		holds, err := r.evaluate(f)
		if errors.Is(err, ErrTimeLimit) || errors.Is(err, ErrMemoryLimit) {
			return false, err
		}
		if holds {
			return true, nil
		}
	}
	return false, nil
}

// splitOff processes a copy of the workitem, as it is now.
func (r *run) splitOff(ctx context.Context, event *bpmn.Event) error {
	if r.shared.copies == 0 {
		return fault(ModelError, "loop detected: event %d (%s) splits the workitem without end", event.ID, event.ElementID)
	}
	r.shared.copies--
	id := r.kernel.newID()
	s := &run{kernel: r.kernel, options: r.options, id: id, transactionID: r.transactionID, model: r.model, items: r.items.Clone(), shared: r.shared}
	s.items.Set(workitem.UniqueID, id)
	s.items.Set(workitem.UniqueIDSource, r.id)
	s.items.Set(createdVersion, r.items.Date(workitem.LastEventDate))
	s.items.Remove(workitem.UniqueIDVersions)
	s.items.Set(workitem.EventID, event.ID)
	s.items.Set(isVersion, true)
	r.items.Append(workitem.UniqueIDVersions, id)
	s.shared.enter(s)
	defer s.shared.leave()
	if err := s.chain(ctx, event); err != nil {
		return err
	}
	s.items.Remove(isVersion)
	s.shared.keep(s)
	r.splits = append(append(r.splits, s), s.splits...)
	return nil
}
