package bpmn

import (
	"errors"
	"fmt"
	"slices"
)

// Next is where an event leads. Exactly one member is set, or none if the
// event leads nowhere.
type Next struct {
	Task    *Task
	Event   *Event
	Gateway *Gateway // a parallel gateway
}

// Gateway is a parallel gateway: the place where a workitem is split.
type Gateway struct {
	ElementID string

	element *element
}

// Branch is a task or event that a parallel gateway leads to.
type Branch struct {
	Next Next
	// Conditions are the flows that lead from the gateway straight to it and
	// have a condition.
	Conditions []*Flow
}

// Evaluate says whether the condition of a flow holds.
type Evaluate func(*Flow) (bool, error)

// Next follows the flows behind an event to the first task, event or parallel
// gateway. At a gateway it takes one flow: the first with a condition that
// holds, else the first without a condition.
//
// The error is ErrAmbiguous, ErrCycle, ErrTooLong or ErrLink, an error about an id that is
// no number, or what evaluate returned.
func (e *Event) Next(evaluate Evaluate) (Next, error) {
	w := walk{evaluate: evaluate, accept: func(e *element) bool { return e.task != nil || e.event != nil || e.parallel() }, limit: 2}
	if err := w.from(e.element); err != nil {
		return Next{}, err
	}
	switch len(w.found) {
	case 0:
		return Next{}, nil
	case 1:
		return w.found[0].next()
	}
	return Next{}, ErrAmbiguous
}

// Branches returns the tasks and events behind a parallel gateway. Conditions
// are not evaluated, and further gateways are walked through.
func (g *Gateway) Branches() ([]Branch, error) {
	w := walk{accept: func(e *element) bool { return e.task != nil || e.event != nil }, limit: maxBranches}
	if err := w.from(g.element); err != nil {
		return nil, err
	}
	if len(w.found) == maxBranches {
		return nil, errors.New("parallel gateway leads to too many elements")
	}
	branches := make([]Branch, 0, len(w.found))
	for _, e := range w.found {
		next, err := e.next()
		if err != nil {
			return nil, err
		}
		b := Branch{Next: next}
		for _, f := range g.element.out {
			if f.target == e && f.Condition != "" {
				b.Conditions = append(b.Conditions, f)
			}
		}
		branches = append(branches, b)
	}
	return branches, nil
}

// Limits of one navigation.
const (
	maxBranches = 1000
	maxPath     = 1000
)

func (e *element) next() (Next, error) {
	switch {
	case e.task != nil && e.task.ID == 0:
		return Next{}, fmt.Errorf("task %q: its id %q is not a number", e.id, e.task.rawID)
	case e.event != nil && e.event.ID == 0:
		return Next{}, fmt.Errorf("event %q: its id %q is not a number", e.id, e.event.rawID)
	case e.task != nil:
		return Next{Task: e.task}, nil
	case e.event != nil:
		return Next{Event: e.event}, nil
	}
	return Next{Gateway: &Gateway{ElementID: e.id, element: e}}, nil
}

// walk collects the accepted elements behind an element, path by path, in
// document order. What is reached on two paths is found twice: that is how an
// ambiguous flow shows.
type walk struct {
	evaluate Evaluate // nil: follow every flow
	accept   func(*element) bool
	limit    int // stop after so many

	found []*element
	path  []*element        // for cycles
	empty map[*element]bool // elements that lead to nothing
}

func (w *walk) from(e *element) error {
	flows, err := w.choose(e)
	if err != nil {
		return err
	}
	before := len(w.found)
	for _, f := range flows {
		if len(w.found) >= w.limit {
			return nil
		}
		if err := w.follow(f); err != nil {
			return err
		}
	}
	if len(w.found) == before {
		if w.empty == nil {
			w.empty = map[*element]bool{}
		}
		w.empty[e] = true
	}
	return nil
}

func (w *walk) follow(f *Flow) error {
	to := f.to
	switch {
	case f.broken != nil:
		return fmt.Errorf("%q: %w", f.target.name, f.broken)
	case to == nil || w.empty[to]:
		return nil
	case w.accept(to):
		w.found = append(w.found, to)
		return nil
	}
	if slices.Contains(w.path, to) {
		return fmt.Errorf("%q: %w", to.id, ErrCycle)
	}
	if len(w.path) == maxPath {
		return fmt.Errorf("%q: %w", to.id, ErrTooLong)
	}
	w.path = append(w.path, to)
	err := w.from(to)
	w.path = w.path[:len(w.path)-1]
	return err
}

// choose returns the flows to follow behind an element.
func (w *walk) choose(e *element) ([]*Flow, error) {
	if w.evaluate == nil || !e.gateway() {
		return e.out, nil
	}
	for i, f := range e.out {
		if f.Condition == "" {
			continue
		}
		ok, err := w.evaluate(f)
		if err != nil {
			return nil, err
		}
		if ok {
			return e.out[i : i+1], nil
		}
	}
	for i, f := range e.out {
		if f.Condition == "" {
			return e.out[i : i+1], nil
		}
	}
	return nil, nil
}
