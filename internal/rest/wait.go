package rest

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/postlude/postlude/internal/outbox"
)

// waitOf reads how long to wait for a list. One that somebody waits for has
// nothing but topics: for anything else there is no sign that it has changed.
func waitOf(c *call, s outbox.Selection) (time.Duration, error) {
	wait, err := c.duration("wait", 0, maxLease)
	if err != nil || wait == 0 {
		return 0, err
	}
	if slices.Contains(s.Free, outbox.TopicAsync) {
		return 0, outbox.ErrAsync
	}
	if len(s.Free) == 0 || len(s.Locked) > 0 || s.Ref != "" || s.Offset > 0 {
		return 0, badRequest("wait goes with topics and due, not with locked ones, ref or pageIndex")
	}
	return wait, nil
}

// watched is what a request waits for.
type watched struct {
	topics  []string
	onlyDue bool
	// exclusive entries are had by one request only.
	exclusive bool
}

// waitFor looks until it finds something, or the time is over, or the API stops.
func (a *api) waitFor(c *call, wait time.Duration, w watched, look func() ([]outbox.Listed, error)) ([]outbox.Listed, error) {
	if wait > 0 {
		// A client that goes is noticed only behind its body, whatever that says.
		_, _ = io.CopyN(io.Discard, c.Body, maxIgnored)
		c.begin()
		if !a.waiting.enter(c.caller.Name) {
			return nil, outbox.ErrTooManyWaiting
		}
		defer a.waiting.leave(c.caller.Name)
	}
	ctx, cancel := context.WithTimeout(c.Context(), min(wait, maxWait))
	defer cancel()
	defer context.AfterFunc(a.stopping, cancel)()
	found, err := look()
	for {
		if err != nil || len(found) > 0 || wait == 0 {
			return found, err
		}
		// Wait keeps the pace, also where others are faster again and again.
		err = a.watcher.Wait(ctx, w.topics, w.onlyDue)
		switch {
		case ctx.Err() != nil:
			return found, c.Context().Err()
		case err != nil:
			return nil, err
		}
		if w.exclusive {
			found, err = a.turns.look(ctx, w.topics[0], look)
		} else {
			found, err = look()
		}
	}
}

// maxIgnored bounds a body that says nothing, in bytes.
const maxIgnored = 64 << 10

// maxWaiting bounds the requests of one caller that wait at a time: nobody takes
// the places of all others.
const maxWaiting = 1000

// waiting counts the requests that wait, by caller.
type waiting struct {
	mu    sync.Mutex
	count map[string]int
}

func (w *waiting) enter(caller string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count[caller] == maxWaiting {
		return false
	}
	if w.count == nil {
		w.count = map[string]int{}
	}
	w.count[caller]++
	return true
}

func (w *waiting) leave(caller string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count[caller]--; w.count[caller] == 0 {
		delete(w.count, caller)
	}
}
