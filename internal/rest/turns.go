package rest

import (
	"context"
	"sync"
	"time"

	"github.com/postlude/postlude/internal/outbox"
)

// turns are for those who have been told of entries that only one of them can
// have: they look one after the other, and not at all behind one who looked and
// found nothing any more. Otherwise each entry of a topic would be worth a
// statement to each of those who wait for it.
type turns struct {
	mu     sync.Mutex
	topics map[string]*turn
}

// turn is whose turn it is with a topic.
type turn struct {
	users int
	taken chan struct{}
	// empty is when the last look began that found nothing.
	empty time.Time
}

// look looks for entries of a topic when it is its turn. It finds nothing if
// somebody who began later than the call has found nothing.
func (t *turns) look(ctx context.Context, topic string, look func() ([]outbox.Listed, error)) ([]outbox.Listed, error) {
	called := time.Now()
	mine := t.enter(topic)
	defer t.leave(topic)
	select {
	case mine.taken <- struct{}{}:
		defer func() { <-mine.taken }()
	case <-ctx.Done():
		return nil, nil // the end of a wait is no failure
	}
	if mine.empty.After(called) {
		return nil, nil
	}
	began := time.Now()
	found, err := look()
	if err == nil && len(found) == 0 {
		mine.empty = began
	}
	return found, err
}

func (t *turns) enter(topic string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.topics == nil {
		t.topics = map[string]*turn{}
	}
	mine := t.topics[topic]
	if mine == nil {
		mine = &turn{taken: make(chan struct{}, 1)}
		t.topics[topic] = mine
	}
	mine.users++
	return mine
}

func (t *turns) leave(topic string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mine := t.topics[topic]; mine.users > 1 {
		mine.users--
	} else {
		delete(t.topics, topic)
	}
}
