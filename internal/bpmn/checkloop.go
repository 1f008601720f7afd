package bpmn

import "strings"

// loops are events that follow each other in a circle, and what else there is
// to know whether a workitem can come out of it.
type loops struct {
	graph *graph
	first []*element // of each circle an event
	way   map[*element]string

	open   []bool    // by index of the state: a way out is known
	waits  []int     // how many states behind have to be known
	before [][]state // the states in front
	order  []state
}

// checkLoops follows events behind events. A workitem in one processing never
// comes to an event twice; the kernel stops there.
func checkLoops(c *checker) {
	n := 2 * len(c.model.nodes)
	l := &loops{
		graph: c.graph, way: map[*element]string{},
		open: make([]bool, n), waits: make([]int, n), before: make([][]state, n),
	}
	l.find()
	l.spread()
	for _, e := range l.first {
		if l.open[state{e: e}.index()] {
			c.report(FollowUpLoop, e.line, e.label(), "events can follow each other in a circle: %s; a processing that goes round fails", l.way[e])
		} else {
			c.report(FollowUpEndless, e.line, e.label(), "events follow each other in a circle: %s; no workitem comes to rest here", l.way[e])
		}
	}
}

// find walks through all events. Tasks, and events that cannot be processed or
// go on in another model, end the walk.
func (l *loops) find() {
	w := newWalk(len(l.graph.nodes))
	w.follow = func(from, to state) bool {
		if to.e.task != nil || (to.e.event != nil && (!to.e.event.Catching() || l.graph.leaves(to.e.event))) {
			l.open[from.index()] = l.open[from.index()] || !from.all
			return false
		}
		l.waits[from.index()]++
		l.before[to.index()] = append(l.before[to.index()], from)
		return true
	}
	w.circle = func(_ *Flow, way []frame) { l.note(way) }
	w.leave = func(s state) { l.order = append(l.order, s) }
	for _, s := range l.graph.starts {
		w.from(s)
	}
}

// note keeps a circle if an event is on it.
func (l *loops) note(way []frame) {
	const shown = 10
	var ids []string
	var first *element
	for i := 0; i < len(way) && len(ids) < shown; i++ {
		e := way[i].e
		if e.event == nil {
			continue
		}
		if first == nil {
			first = e
		}
		ids = append(ids, e.label())
	}
	if first == nil || l.way[first] != "" {
		return
	}
	if len(ids) == shown {
		ids = append(ids, "...")
	}
	l.first = append(l.first, first)
	l.way[first] = strings.Join(append(ids, first.label()), ", ")
}

// spread tells the states in front of a way out. Behind an event one way is
// enough, behind a parallel gateway every branch needs one. What leads nowhere
// is another fault, and no circle.
func (l *loops) spread() {
	var todo []state
	for _, s := range l.order {
		if l.open[s.index()] || l.waits[s.index()] == 0 {
			l.open[s.index()] = true
			todo = append(todo, s)
		}
	}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, b := range l.before[s.index()] {
			l.waits[b.index()]--
			if !l.open[b.index()] && (!b.all || l.waits[b.index()] == 0) {
				l.open[b.index()] = true
				todo = append(todo, b)
			}
		}
	}
}
