package stream

import (
	"container/heap"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/postlude/postlude/internal/asyncevent"
)

// message is a delivery that this worker has not settled yet.
type message struct {
	jetstream.Msg
	asyncevent.Delivery
	// due is when the entry is due, and at when it is to be handled, by our
	// monotonic clock.
	due time.Time
	at  time.Time
	// busy counts how often it was found busy in a row.
	busy  int
	index int // in the heap
}

// held are messages that wait in the worker until they are to be handled, in the
// order of that time. A message of an entry that is there already takes its
// place: the broker delivers again what was not acknowledged for long. It is
// used by one goroutine.
type held struct {
	queue messageHeap
	byID  map[uuid.UUID]*message
}

func newHeld() *held { return &held{byID: map[uuid.UUID]*message{}} }

func (h *held) len() int { return len(h.queue) }

func (h *held) add(m *message) {
	if old, ok := h.byID[m.ID]; ok {
		heap.Remove(&h.queue, old.index)
	}
	h.byID[m.ID] = m
	heap.Push(&h.queue, m)
}

// ready takes out up to n messages whose time has come.
func (h *held) ready(now time.Time, n int) []*message {
	var ready []*message
	for len(h.queue) > 0 && len(ready) < n && !h.queue[0].at.After(now) {
		ready = append(ready, h.pop())
	}
	return ready
}

// next is when the first message is to be handled; ok is false if none is there.
func (h *held) next() (at time.Time, ok bool) {
	if len(h.queue) == 0 {
		return time.Time{}, false
	}
	return h.queue[0].at, true
}

// all takes out everything.
func (h *held) all() []*message {
	all := make([]*message, 0, len(h.queue))
	for len(h.queue) > 0 {
		all = append(all, h.pop())
	}
	return all
}

func (h *held) pop() *message {
	m := heap.Pop(&h.queue).(*message) //nolint:forcetypeassert // the heap holds nothing else
	delete(h.byID, m.ID)
	return m
}

type messageHeap []*message

func (q *messageHeap) Len() int           { return len(*q) }
func (q *messageHeap) Less(i, j int) bool { return (*q)[i].at.Before((*q)[j].at) }
func (q *messageHeap) Swap(i, j int) {
	s := *q
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

func (q *messageHeap) Push(x any) {
	m := x.(*message) //nolint:forcetypeassert // the heap holds nothing else
	m.index = len(*q)
	*q = append(*q, m)
}

func (q *messageHeap) Pop() any {
	last := len(*q) - 1
	m := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return m
}
