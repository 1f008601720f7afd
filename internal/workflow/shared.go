package workflow

import (
	"maps"
	"slices"
)

// shared is what all workitems of one processing have in common.
type shared struct {
	copies  int // how many splits, and other workitems, may still be made
	open    []*run
	entries []Entry
	adapted bool // an adapter has run
	// known are the workitems that have been processed besides the first, splits
	// included, by id. A run in it is never changed, only replaced.
	known map[string]*run
	// others are the ids of those that are no splits of the first, in the order
	// in which they were first processed.
	others []string
}

func newShared() *shared { return &shared{copies: maxSplits} }

// enter marks a workitem as being processed, until leave.
func (s *shared) enter(r *run) { s.open = append(s.open, r) }

func (s *shared) leave() { s.open = s.open[:len(s.open)-1] }

// processing returns the workitem with an id if it is being processed right
// now, else nil.
func (s *shared) processing(id string) *run {
	for _, r := range s.open {
		if r.id == id {
			return r
		}
	}
	return nil
}

// keep puts a processed workitem in the place of its earlier state.
func (s *shared) keep(r *run) {
	if s.known == nil {
		s.known = map[string]*run{}
	}
	s.known[r.id] = r
}

// keepOther is keep for a workitem that is no split of the first one.
func (s *shared) keepOther(r *run) {
	if s.known[r.id] == nil {
		s.others = append(s.others, r.id)
	}
	s.keep(r)
}

// last returns splits as they are at last: a plugin may have processed them
// again.
func (s *shared) last(splits []*run) []Reached {
	list := make([]Reached, len(splits))
	for i, r := range splits {
		list[i] = s.known[r.id].reached()
	}
	return list
}

func (s *shared) reachedOthers() []Reached {
	list := make([]Reached, len(s.others))
	for i, id := range s.others {
		list[i] = s.known[id].reached()
	}
	return list
}

// savepoint returns what takes back all effects from here on.
func (s *shared) savepoint() (rollback func()) {
	known, others, entries := maps.Clone(s.known), slices.Clone(s.others), len(s.entries)
	return func() { s.known, s.others, s.entries = known, others, s.entries[:entries] }
}
