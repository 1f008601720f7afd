package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// ErrTooManyWaiting says that a [Watcher] has as much to look for as it may.
var ErrTooManyWaiting = errors.New("too many are waiting")

// Limits of a [Watcher].
const (
	maxWaiting       = 10_000 // calls at a time
	maxWatched       = 10_000 // different things that they wait for
	maxTopicsOfAWait = 100
	maxTopicOfAWait  = 2500 // bytes: eventlog_create has no longer ones
)

// Pauses of a [Watcher].
const (
	defaultWatchInterval = 200 * time.Millisecond
	// A look that takes long leaves the database alone for this many times as
	// long.
	watchRest = 4
	// watchPatience is for how long looks may fail before it is the waiters'
	// business.
	watchPatience = time.Second
	// lookTimeout bounds a look: a connection that has gone silent must not keep
	// all others waiting.
	lookTimeout = 5 * time.Second
)

// Watcher lets many callers wait for entries at the price of one query per
// interval, however many they are; while nobody waits there is none. It is safe
// for concurrent use.
//
// It has no goroutine of its own: one of those who wait looks for all, and hands
// that over when it leaves.
type Watcher struct {
	look     func(context.Context, []watched) ([]watched, error)
	interval time.Duration
	// baton is held by who looks.
	baton chan struct{}

	mu      sync.Mutex
	waiting int
	waits   map[watched]map[*wait]bool
	// succeeded is when a look last did, next when the next may begin.
	succeeded, next time.Time
}

// watched is what a call waits for.
type watched struct {
	topic   string
	onlyDue bool
}

// wait is a call that waits.
type wait struct {
	watched []watched
	since   time.Time
	end     chan error // gets one, when the wait is over
}

// NewWatcher returns a watcher that looks once per interval, every 200 ms if that
// is not positive. The connection must be one that several may use at a time, a
// pool.
func NewWatcher(db DB, interval time.Duration) *Watcher {
	return newWatcher(func(ctx context.Context, all []watched) ([]watched, error) { return lookFor(ctx, db, all) }, interval)
}

func newWatcher(look func(context.Context, []watched) ([]watched, error), interval time.Duration) *Watcher {
	if interval <= 0 {
		interval = defaultWatchInterval
	}
	w := &Watcher{look: look, interval: interval, baton: make(chan struct{}, 1), waits: map[watched]map[*wait]bool{}}
	w.baton <- struct{}{}
	return w
}

// Wait returns nil when a look that began after the call found an entry of one of
// the topics that nobody holds, and that is due if only such are wanted; at once
// if there is one, otherwise half an interval after its commit, its due time or
// the end of its lock, on average. Others are told of the same entry: whoever
// comes first gets it. So what was committed before the call is never missed, but
// the entry may be gone.
//
// When the context ends the error is its error. Looks that fail are repeated; when
// a wait has seen nothing else for a second it ends with their error. No topic,
// over a hundred of them or one that cannot be is an [ErrInvalid]; async.event,
// which workers consume, is [ErrAsync]. The error is [ErrTooManyWaiting] while
// 10,000 calls wait, or their topics are that many.
func (w *Watcher) Wait(ctx context.Context, topics []string, onlyDue bool) error {
	if err := checkWait(topics); err != nil {
		return fmt.Errorf("wait for entries: %w", err)
	}
	me, err := w.register(topics, onlyDue)
	if err != nil {
		return fmt.Errorf("wait for entries: %w", err)
	}
	defer w.leave(me)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-me.end:
		return err
	case <-w.baton:
		return w.lookForAll(ctx, me)
	}
}

// checkWait refuses what can be no topic: it would fail the look for all.
func checkWait(topics []string) error {
	switch {
	case len(topics) == 0:
		return fmt.Errorf("%w: no topic", ErrInvalid)
	case len(topics) > maxTopicsOfAWait:
		return fmt.Errorf("%w: %d topics, %d are allowed", ErrInvalid, len(topics), maxTopicsOfAWait)
	}
	for _, topic := range topics {
		switch {
		case topic == TopicAsync:
			return ErrAsync
		case len(topic) > maxTopicOfAWait || !utf8.ValidString(topic) || strings.ContainsRune(topic, 0):
			return fmt.Errorf("%w: the topic is too long, or no text", ErrInvalid)
		}
	}
	return nil
}

func (w *Watcher) register(topics []string, onlyDue bool) (*wait, error) {
	me := &wait{since: time.Now(), end: make(chan error, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting >= maxWaiting || len(w.waits)+len(topics) > maxWatched {
		return nil, ErrTooManyWaiting
	}
	w.waiting++
	for _, topic := range topics {
		what := watched{topic, onlyDue}
		if w.waits[what] == nil {
			w.waits[what] = map[*wait]bool{}
		}
		w.waits[what][me] = true
		me.watched = append(me.watched, what)
	}
	return me, nil
}

func (w *Watcher) leave(me *wait) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting--
	w.forget(me)
}

// forget is called with the mutex held, and may be called again.
func (w *Watcher) forget(me *wait) {
	for _, what := range me.watched {
		delete(w.waits[what], me)
		if len(w.waits[what]) == 0 {
			delete(w.waits, what)
		}
	}
}

// lookForAll is called with the baton, and gives it back: it looks until its own
// wait is over.
func (w *Watcher) lookForAll(ctx context.Context, me *wait) error {
	defer func() { w.baton <- struct{}{} }()
	for {
		select {
		case err := <-me.end:
			return err
		default:
		}
		if !sleep(ctx, w.pause(), nil) {
			return ctx.Err()
		}
		w.lookOnce(ctx)
	}
}

func (w *Watcher) pause() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Until(w.next)
}

// lookOnce looks for what all wait for, and ends the waits that this decides.
func (w *Watcher) lookOnce(ctx context.Context) {
	began := time.Now()
	bounded, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	found, err := w.look(bounded, w.all())

	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = began.Add(max(w.interval, (1+watchRest)*time.Since(began)))
	switch {
	case err == nil:
		w.succeeded = time.Now()
		for _, what := range found {
			for me := range w.waits[what] {
				w.over(me, nil)
			}
		}
	case ctx.Err() == nil: // otherwise it is not the database that failed
		w.giveUp(time.Now(), err)
	}
}

func (w *Watcher) all() []watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]watched, 0, len(w.waits))
	for what := range w.waits {
		all = append(all, what)
	}
	return all
}

// giveUp ends the waits that have seen nothing but failures for too long.
func (w *Watcher) giveUp(now time.Time, err error) {
	if now.Sub(w.succeeded) < watchPatience {
		return
	}
	for _, waits := range w.waits {
		for me := range waits {
			if now.Sub(me.since) >= watchPatience {
				w.over(me, fmt.Errorf("wait for entries: %w", err))
			}
		}
	}
}

// over ends a wait. It is forgotten, so that it gets no second end.
func (w *Watcher) over(me *wait, err error) {
	w.forget(me)
	me.end <- err
}

// Both kinds of wait walk along the queue of the topic, in which what is due
// stands first, to the first entry that nobody holds. All entries have a finite
// due time.
const watchSQL = `
SELECT w.place
FROM unnest($1::text[], $2::boolean[]) WITH ORDINALITY AS w (topic, only_due, place)
CROSS JOIN LATERAL (
    SELECT
    FROM eventlog e
    WHERE e.topic = w.topic
      AND e.topic <> 'async.event'
      -- one bound: with an OR the index is walked to its end
      AND e.due <= CASE WHEN w.only_due THEN statement_timestamp() ELSE 'infinity' END
      AND (e.lock_expires IS NULL OR e.lock_expires <= statement_timestamp())
    ORDER BY e.due, e.id
    LIMIT 1
) e`

// lookFor returns those of which there is an entry.
func lookFor(ctx context.Context, db DB, all []watched) ([]watched, error) {
	topics, onlyDue := make([]string, len(all)), make([]bool, len(all))
	for i, what := range all {
		topics[i], onlyDue[i] = what.topic, what.onlyDue
	}
	rows, err := db.Query(ctx, watchSQL, topics, onlyDue)
	if err != nil {
		return nil, fmt.Errorf("look for entries: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (watched, error) {
		var place int
		err := row.Scan(&place)
		if err != nil {
			return watched{}, err
		}
		return all[place-1], nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for entries: %w", err)
	}
	return found, nil
}
