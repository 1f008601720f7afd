package eventlog

import (
	"sync"
	"time"
)

// maxFailures bounds the entries whose failures are counted.
const maxFailures = 10_000

// failures count how often entries failed, and say how long they rest. They are
// safe for concurrent use.
type failures struct {
	pauses pauses

	mu   sync.Mutex
	byID map[string]failure
}

type failure struct {
	count int
	until time.Time // by the monotonic clock
}

func newFailures(p pauses) *failures { return &failures{pauses: p, byID: map[string]failure{}} }

// add counts a failure and returns the pause after it.
func (f *failures) add(id string) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.byID[id]; !known && len(f.byID) >= maxFailures {
		f.makeRoom()
	}
	count := f.byID[id].count + 1
	pause := max(f.pauses.after(count), time.Millisecond)
	f.byID[id] = failure{count: count, until: time.Now().Add(pause)}
	return pause
}

// makeRoom forgets those that rest no more: others may have taken them since. If
// all rest, any one.
func (f *failures) makeRoom() {
	now, other := time.Now(), ""
	for id, failure := range f.byID {
		if other = id; now.After(failure.until) {
			delete(f.byID, id)
		}
	}
	if len(f.byID) >= maxFailures {
		delete(f.byID, other)
	}
}

func (f *failures) forget(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.byID, id)
}
