package bpmn

import "slices"

// maxSteps bounds how long all searches of a file may take. Files that people
// draw need some hundred steps; it takes tens of thousands of elements that all
// lead to each other to get here.
const maxSteps = 1_000_000

// search follows flows without asking for conditions. It is for one goroutine.
type search struct {
	round int   // number of the search
	seen  []int // by index of the element: the round in which it was last seen
	ids   map[int]int
	steps int
	limit int
	todo  [][]*Flow
}

// newSearch returns a search that ends after so many steps, see exhausted.
func newSearch(elements, limit int) *search {
	return &search{seen: make([]int, elements), ids: map[int]int{}, limit: limit}
}

// exhausted says that the results of the searches are not complete.
func (s *search) exhausted() bool { return s.steps > s.limit }

// visit says whether an element has not been seen in this round.
func (s *search) visit(e *element) bool {
	s.steps++
	if s.exhausted() || s.seen[e.index] == s.round {
		return false
	}
	s.seen[e.index] = s.round
	return true
}

// behind returns the accepted elements behind an element, each once, in the
// order in which a reader of the file would come to them. It follows every flow,
// and does not mind cycles.
func (s *search) behind(from *element, accept func(*element) bool) []*element {
	return s.behindAll([]*element{from}, accept)
}

// behindAll returns the accepted elements behind any of several, each once.
func (s *search) behindAll(from []*element, accept func(*element) bool) []*element {
	var found []*element
	s.round++
	s.todo = s.todo[:0]
	for _, e := range slices.Backward(from) {
		s.todo = append(s.todo, e.out)
	}
	for len(s.todo) > 0 && !s.exhausted() {
		last := len(s.todo) - 1
		if len(s.todo[last]) == 0 {
			s.todo = s.todo[:last]
			continue
		}
		to := s.todo[last][0].to
		s.todo[last] = s.todo[last][1:]
		switch {
		case to == nil || !s.visit(to):
		case accept(to):
			found = append(found, to)
		default:
			s.todo = append(s.todo, to.out)
		}
	}
	return found
}

func isImixsEvent(e *element) bool { return e.event != nil }

func isImixsTask(e *element) bool { return e.task != nil }

// callable returns the events that may be called on a task: what its flows
// lead to, its initial events, the target of its first boundary event.
func (s *search) callable(e *element) []*Event {
	found := s.behind(e, isImixsEvent)
	found = append(found, s.initial(e)...)
	if b := e.task.Boundary; len(b) > 0 && b[0].Target != nil {
		found = append(found, b[0].Target.element)
	}
	var events []*Event
	s.round++
	for _, f := range found {
		if id := f.event.ID; id != 0 && s.ids[id] != s.round {
			s.ids[id] = s.round
			events = append(events, f.event)
		}
	}
	return events
}

// initial returns the events that lead into a task from nowhere, or from a
// start event alone. Of a chain of events in front of a task only the first is
// initial; the others follow it.
func (s *search) initial(task *element) []*element {
	var events []*element
	s.round++
	s.todo = append(s.todo[:0], task.in)
	for len(s.todo) > 0 && !s.exhausted() {
		last := len(s.todo) - 1
		if len(s.todo[last]) == 0 {
			s.todo = s.todo[:last]
			continue
		}
		source := s.todo[last][0].source
		s.todo[last] = s.todo[last][1:]
		switch {
		case source.event == nil || !s.visit(source):
		case len(source.in) == 0 || (len(source.in) == 1 && source.in[0].source.kind == "startEvent"):
			events = append(events, source)
		default:
			s.todo = append(s.todo, source.in)
		}
	}
	return events
}
