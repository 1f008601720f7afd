package bpmn

// graph is what the checks know about where flows lead. It is the kernel's way
// through a model without the conditions: what must happen, and what can.
//
// A state is an element and how it is walked through: behind an event the kernel
// chooses one flow of a gateway (see [Event.Next]), behind a parallel gateway it
// follows all flows (see [Gateway.Branches]).
type graph struct {
	nodes   []*element
	leaves  func(*Event) bool
	starts  []state // events that can come to be processed, and go on here
	results []result
	asked   []bool         // by index of the element: a gateway that the kernel lets choose
	forked  []bool         // a parallel gateway where workitems are split
	touched []bool         // something a task, event or boundary event leads to
	live    []bool         // an event that can come to be processed
	reached []bool         // a task or event that an event leads to
	branch  []bool         // an event that a parallel gateway leads to
	circles map[*Flow]bool // flows that lead back without a task or event
}

type state struct {
	e   *element
	all bool // follow all flows, as behind a parallel gateway
}

func (s state) index() int {
	if s.all {
		return 2*s.e.index + 1
	}
	return 2 * s.e.index
}

// result is where a state leads. Numbers are counted up to 2.
type result struct {
	least, most int  // tasks, events and parallel gateways that are found
	tasks       int  // how many of them are tasks
	depth       int  // elements on the longest way
	blamed      bool // part of it ends at a fault that is reported elsewhere
}

func newGraph(m *Model, leaves func(*Event) bool) *graph {
	n := len(m.nodes)
	g := &graph{
		nodes: m.nodes, leaves: leaves, results: make([]result, 2*n), asked: make([]bool, n), forked: make([]bool, n),
		touched: make([]bool, n), live: make([]bool, n), reached: make([]bool, n), branch: make([]bool, n),
		circles: map[*Flow]bool{},
	}
	for _, t := range m.tasks {
		for _, e := range t.Events {
			g.reach(e.element)
		}
		for _, b := range t.Boundary {
			if b.Target != nil {
				g.reach(b.Target.element)
			}
		}
	}
	g.count()
	g.touch()
	return g
}

// next returns where a flow leads in a walk; false if it leads nowhere.
func (s state) next(f *Flow) (state, bool) {
	switch {
	case f.to == nil:
		return state{}, false
	case f.to.task != nil, f.to.event != nil:
		return state{e: f.to}, true
	}
	return state{e: f.to, all: s.all || f.to.parallel()}, true
}

// stops says whether a walk in the mode of s ends at n.
func (s state) stops(n state) bool {
	return n.e.task != nil || n.e.event != nil || (!s.all && n.e.parallel())
}

// frame is a state on the way of a depth-first walk.
type frame struct {
	state
	flow int // the next to follow
}

// walkGraph walks depth first. A flow that goes back to a state on the way is a
// circle; a state is left when all behind it has been.
type walkGraph struct {
	follow func(from, to state) bool
	circle func(f *Flow, way []frame)
	leave  func(state)

	place []int // by index of the state: 0 if unseen, its place on the way from 1, left if it has been
	way   []frame
}

const left = -1

func newWalk(elements int) *walkGraph { return &walkGraph{place: make([]int, 2*elements)} }

func (w *walkGraph) from(s state) {
	if w.place[s.index()] != 0 {
		return
	}
	w.enter(s)
	for len(w.way) > 0 {
		top := &w.way[len(w.way)-1]
		if top.flow == len(top.e.out) {
			w.leave(top.state)
			w.place[top.index()] = left
			w.way = w.way[:len(w.way)-1]
			continue
		}
		f := top.e.out[top.flow]
		top.flow++
		to, ok := top.next(f)
		if !ok || !w.follow(top.state, to) {
			continue
		}
		switch at := w.place[to.index()]; at {
		case left:
		case 0:
			w.enter(to)
		default:
			w.circle(f, w.way[at-1:])
		}
	}
}

func (w *walkGraph) enter(s state) {
	w.way = append(w.way, frame{state: s})
	w.place[s.index()] = len(w.way)
}

// count fills in the results of everything behind an event.
func (g *graph) count() {
	w := newWalk(len(g.nodes))
	w.circle = func(f *Flow, _ []frame) { g.circles[f] = true }
	w.leave = func(s state) { g.results[s.index()] = g.result(s) }
	w.follow = func(from, to state) bool {
		if !from.stops(to) {
			g.asked[to.e.index] = g.asked[to.e.index] || (!to.all && to.e.gateway())
			return true
		}
		g.reached[to.e.index] = true
		g.branch[to.e.index] = g.branch[to.e.index] || from.all
		switch {
		case to.e.event != nil:
			g.reach(to.e)
		case to.e.parallel() && !g.forked[to.e.index]:
			g.forked[to.e.index] = true
			g.starts = append(g.starts, to)
		}
		return false
	}
	for i := 0; i < len(g.starts); i++ { // it grows
		w.from(g.starts[i])
	}
}

// reach takes an event among those where walks begin.
func (g *graph) reach(e *element) {
	if g.live[e.index] {
		return
	}
	g.live[e.index] = true
	if e.event.Catching() && !g.leaves(e.event) {
		g.starts = append(g.starts, state{e: e})
	}
}

// result combines what the flows of an element lead to.
func (g *graph) result(s state) result {
	choose := !s.all && s.e.gateway()
	r := result{blamed: s.e.gateway() && len(s.e.out) == 0}
	if choose {
		r.least = 2
	}
	fallback := false
	for _, f := range s.e.out {
		if choose && f.Condition == "" && fallback {
			continue // never taken
		}
		fallback = fallback || f.Condition == ""
		b := g.behind(s, f)
		r.blamed = r.blamed || b.blamed
		r.depth = max(r.depth, b.depth+1)
		if choose {
			r.least, r.most = min(r.least, b.least), max(r.most, b.most)
			continue
		}
		r.least, r.most = min(r.least+b.least, 2), min(r.most+b.most, 2)
		r.tasks = min(r.tasks+b.tasks, 2)
	}
	if choose && !fallback {
		r.least = 0
	}
	return r
}

// behind is what a flow leads to.
func (g *graph) behind(s state, f *Flow) result {
	to, ok := s.next(f)
	switch {
	case !ok, to.e.link && to.e.kind == "intermediateThrowEvent": // see checkLinks
		return result{blamed: true}
	case !s.stops(to):
		if g.circles[f] {
			return result{blamed: true}
		}
		return g.results[to.index()]
	case to.e.task != nil:
		return result{least: 1, most: 1, tasks: 1}
	}
	return result{least: 1, most: 1}
}

// touch marks everything that a task, an event or a boundary event leads to.
func (g *graph) touch() {
	var todo []*element
	for _, e := range g.nodes {
		if e.task != nil || e.event != nil || e.kind == "boundaryEvent" {
			todo = append(todo, e)
		}
	}
	for len(todo) > 0 {
		e := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if e.event != nil && g.leaves(e.event) {
			continue
		}
		for _, f := range e.out {
			for _, to := range []*element{f.target, f.to} {
				if to != nil && !g.touched[to.index] {
					g.touched[to.index] = true
					todo = append(todo, to)
				}
			}
		}
	}
}
