package workflow

import (
	"context"

	"github.com/postlude/postlude/internal/workitem"
)

// Workitem implements Scope. A workitem that is being processed is seen as it
// is at the moment.
func (s scope) Workitem(ctx context.Context, id string) (workitem.Items, error) {
	if r := s.shared.processing(id); r != nil {
		return r.items.Clone(), nil
	}
	if r := s.shared.known[id]; r != nil {
		return r.items.Clone(), nil
	}
	if s.options.Workitems == nil {
		return nil, ErrWorkitems
	}
	items, err := s.options.Workitems.Workitem(ctx, id)
	if err != nil {
		return nil, &workitemsError{id: id, err: err}
	}
	return items, nil
}

// Process implements Scope.
func (s scope) Process(ctx context.Context, given workitem.Items) (workitem.Items, error) {
	if s.options.Workitems == nil {
		return nil, ErrWorkitems
	}
	id := given.Text(workitem.UniqueID)
	if s.shared.processing(id) != nil {
		return nil, fault(ModelError, "loop detected: event %d (%s) processes workitem %s, which is being processed", s.event.ID, s.event.ElementID, id)
	}
	if s.shared.copies == 0 {
		return nil, fault(ModelError, "loop detected: event %d (%s) processes other workitems without end", s.event.ID, s.event.ElementID)
	}
	s.shared.copies--
	r, err := s.other(ctx, id, given)
	if err != nil {
		return nil, err
	}
	rollback := s.shared.savepoint()
	if err := r.process(ctx); err != nil {
		rollback()
		return nil, err
	}
	s.shared.keepOther(r)
	for _, split := range r.splits {
		s.shared.others = append(s.shared.others, split.id)
	}
	return r.items.Clone(), nil
}

// other opens another workitem for being processed, if that is allowed.
func (s scope) other(ctx context.Context, id string, given workitem.Items) (*run, error) {
	stored, err := s.stored(ctx, id)
	if err != nil {
		return nil, err
	}
	if allow := s.options.Allow; allow != nil {
		if err := allow(id, stored); err != nil {
			return nil, &workitemsError{id: id, err: err}
		}
		// what may be processed may be seen, too
		if stored, err = s.stored(ctx, id); err != nil {
			return nil, err
		}
	}
	items, err := Open(given.Clone(), stored)
	if err != nil {
		return nil, err
	}
	options := s.options
	options.Async = false
	return &run{kernel: s.kernel, options: options, items: items, shared: s.shared}, nil
}

// stored is Workitem for an id that may be missing.
func (s scope) stored(ctx context.Context, id string) (workitem.Items, error) {
	if id == "" {
		return nil, nil
	}
	return s.Workitem(ctx, id)
}
