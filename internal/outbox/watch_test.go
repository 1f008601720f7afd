package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// shelf is a fake of the event log: the topics that have an entry. Looks take
// their time.
type shelf struct {
	took time.Duration

	mu    sync.Mutex
	has   map[watched]bool
	fails error
	// looks are the times at which a look began, asked what it was for.
	looks []time.Time
	asked [][]watched
}

func (s *shelf) look(ctx context.Context, all []watched) (found []watched, err error) {
	s.mu.Lock()
	s.looks = append(s.looks, time.Now())
	s.asked = append(s.asked, all)
	// What is there when the look begins is seen, as in a snapshot.
	for _, what := range all {
		if s.has[what] {
			found = append(found, what)
		}
	}
	err = s.fails
	s.mu.Unlock()
	if !sleep(ctx, s.took, nil) {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

func (s *shelf) put(topic string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.has[watched{topic, false}], s.has[watched{topic, true}] = true, true
}

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = err
}

func (s *shelf) lookCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.looks)
}

// watching is a watcher of a shelf, with calls that wait.
type watching struct {
	t *testing.T
	*Watcher
	shelf *shelf
	wg    sync.WaitGroup
}

const tick = 200 * time.Millisecond

// watchTest runs the test in a bubble; all calls must have ended with it.
func watchTest(t *testing.T, took time.Duration, test func(*watching)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		shelf := &shelf{took: took, has: map[watched]bool{}}
		w := &watching{t: t, Watcher: newWatcher(shelf.look, tick), shelf: shelf}
		test(w)
		w.wg.Wait()
		require.Empty(t, w.waits)
		require.Zero(t, w.waiting)
		require.Len(t, w.baton, 1)
		looks := shelf.lookCount()
		sleep(t.Context(), time.Minute, nil)
		require.Equal(t, looks, shelf.lookCount(), "looks while nobody waits")
	})
}

// call is a call that waits.
type call struct {
	err  error
	took time.Duration
	done atomic.Bool
}

// start begins to wait and returns when the call does.
func (w *watching) start(ctx context.Context, topics ...string) *call {
	w.t.Helper()
	c := new(call)
	w.wg.Go(func() {
		began := time.Now()
		c.err = w.Wait(ctx, topics, false)
		c.took = time.Since(began)
		c.done.Store(true)
	})
	synctest.Wait()
	return c
}

func TestWaitersShareALook(t *testing.T) {
	t.Parallel()
	watchTest(t, time.Millisecond, func(w *watching) {
		ctx, cancel := context.WithTimeout(w.t.Context(), 10*tick+tick/2)
		defer cancel()
		var calls []*call
		for i := range 1000 {
			calls = append(calls, w.start(ctx, fmt.Sprintf("topic %d", i%50), "all", "all"))
		}
		w.wg.Wait()
		for _, c := range calls {
			require.ErrorIs(w.t, c.err, context.DeadlineExceeded)
		}
		require.Equal(w.t, 11, w.shelf.lookCount(), "one at once, then one per interval")
		require.Len(w.t, w.shelf.asked[0], 2, "the first to come looks")
		require.Len(w.t, w.shelf.asked[10], 51, "each topic once")
	})
}

func TestOnlyTheWaitersOfATopicAreWoken(t *testing.T) {
	t.Parallel()
	watchTest(t, time.Millisecond, func(w *watching) {
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
		defer cancel()
		looker, one, two := w.start(ctx, "a"), w.start(ctx, "b"), w.start(ctx, "c", "b")
		sleep(w.t.Context(), tick/2, nil)
		w.shelf.put("b")
		sleep(w.t.Context(), tick, nil)
		require.True(w.t, one.done.Load() && two.done.Load())
		require.NoError(w.t, errors.Join(one.err, two.err))
		require.Equal(w.t, tick+time.Millisecond, one.took)
		require.False(w.t, looker.done.Load())
		w.wg.Wait()
		require.ErrorIs(w.t, looker.err, context.DeadlineExceeded)
	})
}

// The kinds of wait of a topic are apart.
func TestWhatIsNotDueWakesOnlyWhoWantsIt(t *testing.T) {
	t.Parallel()
	watchTest(t, 0, func(w *watching) {
		w.shelf.has[watched{"a", false}] = true
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
		defer cancel()
		require.NoError(w.t, w.Wait(ctx, []string{"a"}, false))
		require.ErrorIs(w.t, w.Wait(ctx, []string{"a"}, true), context.DeadlineExceeded)
	})
}

// Whoever looks leaves; another goes on, with the pace that there is.
func TestAnotherLooksWhenTheLookerLeaves(t *testing.T) {
	t.Parallel()
	watchTest(t, 10*time.Millisecond, func(w *watching) {
		var cancels []context.CancelFunc
		var calls []*call
		for range 20 {
			ctx, cancel := context.WithCancel(w.t.Context())
			calls, cancels = append(calls, w.start(ctx, "a")), append(cancels, cancel)
		}
		// Each leaves in the middle of a look or of a pause.
		for i := range 19 {
			sleep(w.t.Context(), 105*time.Millisecond, nil)
			cancels[i]()
			synctest.Wait()
			require.True(w.t, calls[i].done.Load(), "it returns at once")
			require.ErrorIs(w.t, calls[i].err, context.Canceled)
		}
		w.shelf.put("a")
		w.wg.Wait()
		require.NoError(w.t, calls[19].err)
		for i := 1; i < len(w.shelf.looks); i++ {
			pause := w.shelf.looks[i].Sub(w.shelf.looks[i-1])
			require.True(w.t, pause >= tick && pause <= tick+5*time.Millisecond, "look %d began %s after the one before", i, pause)
		}
	})
}

// A look that is under way has not seen what was committed since it began.
func TestALookThatIsUnderWayDoesNotCount(t *testing.T) {
	t.Parallel()
	watchTest(t, 30*time.Millisecond, func(w *watching) {
		first := w.start(w.t.Context(), "a")
		sleep(w.t.Context(), 10*time.Millisecond, nil)
		w.shelf.put("a")
		second := w.start(w.t.Context(), "a")
		w.wg.Wait()
		require.NoError(w.t, errors.Join(first.err, second.err))
		require.Equal(w.t, 2, w.shelf.lookCount())
	})
}

// Who waits again and again does not look more often than once per interval.
func TestLooksKeepTheirPace(t *testing.T) {
	t.Parallel()
	watchTest(t, time.Millisecond, func(w *watching) {
		w.shelf.put("a")
		for range 10 {
			require.NoError(w.t, w.Wait(w.t.Context(), []string{"a"}, true))
		}
		require.Equal(w.t, 9*tick, w.shelf.looks[9].Sub(w.shelf.looks[0]))
	})
}

func TestSlowLooksLeaveTheDatabaseAlone(t *testing.T) {
	t.Parallel()
	watchTest(t, 300*time.Millisecond, func(w *watching) {
		ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
		defer cancel()
		require.ErrorIs(w.t, w.Wait(ctx, []string{"a"}, true), context.DeadlineExceeded)
		require.Equal(w.t, 1500*time.Millisecond, w.shelf.looks[1].Sub(w.shelf.looks[0]))
	})
}

func TestAFailingLookIsRepeated(t *testing.T) {
	t.Parallel()
	watchTest(t, time.Millisecond, func(w *watching) {
		w.shelf.put("a")
		w.shelf.fail(errors.New("away"))
		c := w.start(w.t.Context(), "a")
		sleep(w.t.Context(), 4*tick+tick/2, nil)
		require.False(w.t, c.done.Load(), "a failing look wakes nobody")
		w.shelf.fail(nil)
		w.wg.Wait()
		require.NoError(w.t, c.err)
	})
}

// A wait has a second of its own, however long looks have failed before it.
func TestWaitsEndWhenLooksGoOnFailing(t *testing.T) {
	t.Parallel()
	watchTest(t, time.Millisecond, func(w *watching) {
		away := errors.New("away")
		early := w.start(w.t.Context(), "a", "b")
		sleep(w.t.Context(), 10*time.Second, nil)
		w.shelf.fail(away)
		sleep(w.t.Context(), time.Second/2, nil)
		late := w.start(w.t.Context(), "a")
		w.wg.Wait()
		require.ErrorIs(w.t, early.err, away)
		require.ErrorIs(w.t, late.err, away)
		require.InDelta(w.t, 10.9, early.took.Seconds(), 0.11)
		require.InDelta(w.t, 1.1, late.took.Seconds(), 0.11)
	})
}

// A database that does not answer at all.
func TestASilentLookFails(t *testing.T) {
	t.Parallel()
	watchTest(t, time.Hour, func(w *watching) {
		one, two := w.start(w.t.Context(), "a"), w.start(w.t.Context(), "b")
		w.wg.Wait()
		for _, c := range []*call{one, two} {
			require.ErrorIs(w.t, c.err, context.DeadlineExceeded)
			require.NoError(w.t, w.t.Context().Err())
			require.Equal(w.t, lookTimeout, c.took)
		}
	})
}

// That the looker goes in the middle of a look is no failure of the look, and no
// reason to look sooner.
func TestALookerThatGoesIsNoFailure(t *testing.T) {
	t.Parallel()
	watchTest(t, 10*time.Millisecond, func(w *watching) {
		for i := range 10 { // they look one after the other, for more than a second
			ctx, cancel := context.WithTimeout(w.t.Context(), time.Duration(i)*tick+5*time.Millisecond)
			w.t.Cleanup(cancel)
			w.start(ctx, "a")
		}
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
		defer cancel()
		c := w.start(ctx, "a")
		w.wg.Wait()
		require.ErrorIs(w.t, c.err, context.DeadlineExceeded)
		require.Equal(w.t, time.Minute, c.took)
		for i := 1; i < 20; i++ {
			require.Equal(w.t, tick, w.shelf.looks[i].Sub(w.shelf.looks[i-1]), "between looks %d and %d", i-1, i)
		}
	})
}

func TestAContextThatHasEnded(t *testing.T) {
	t.Parallel()
	watchTest(t, time.Millisecond, func(w *watching) {
		w.shelf.put("a")
		ctx, cancel := context.WithCancel(w.t.Context())
		cancel()
		require.ErrorIs(w.t, w.Wait(ctx, []string{"a"}, true), context.Canceled)
		require.Zero(w.t, w.shelf.lookCount())
	})
}

func TestWaitsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	watchTest(t, time.Millisecond, func(w *watching) {
		for name, c := range map[string]struct {
			topics []string
			want   error
		}{
			"none":      {nil, ErrInvalid},
			"too many":  {make([]string, maxTopicsOfAWait+1), ErrInvalid},
			"async":     {[]string{"a", TopicAsync}, ErrAsync},
			"no text":   {[]string{"a\xff"}, ErrInvalid},
			"a zero":    {[]string{"a\x00"}, ErrInvalid},
			"very long": {[]string{strings.Repeat("a", maxTopicOfAWait+1)}, ErrInvalid},
		} {
			require.ErrorIs(w.t, w.Wait(w.t.Context(), c.topics, true), c.want, name)
		}
		require.Zero(w.t, w.shelf.lookCount())
	})
}

func TestWaitsAreBounded(t *testing.T) {
	t.Parallel()
	watchTest(t, time.Millisecond, func(w *watching) {
		ctx, cancel := context.WithCancel(w.t.Context())
		defer cancel()
		for range maxWaiting {
			w.wg.Go(func() { _ = w.Wait(ctx, []string{"a"}, true) })
		}
		synctest.Wait()
		require.ErrorIs(w.t, w.Wait(ctx, []string{"a"}, true), ErrTooManyWaiting)
		cancel()
		w.wg.Wait()

		ctx, cancel = context.WithTimeout(w.t.Context(), tick)
		defer cancel()
		for i := range maxWatched / maxTopicsOfAWait {
			topics := make([]string, maxTopicsOfAWait)
			for j := range topics {
				topics[j] = fmt.Sprint(i, " ", j)
			}
			w.start(ctx, topics...)
		}
		require.ErrorIs(w.t, w.Wait(ctx, []string{"one more"}, true), ErrTooManyWaiting)
		w.wg.Wait()
		w.shelf.put("a")
		require.NoError(w.t, w.Wait(w.t.Context(), []string{"a"}, true))
	})
}

// Callers come and go, and entries come and go, with nobody missing any: who is
// told of one takes it, or waits again.
func TestNoEntryIsMissed(t *testing.T) {
	t.Parallel()
	const consumers, entries = 30, 500
	watchTest(t, 3*time.Millisecond, func(w *watching) {
		ctx, cancel := context.WithCancel(w.t.Context())
		defer cancel()
		taken := 0
		take := func() {
			w.shelf.mu.Lock()
			defer w.shelf.mu.Unlock()
			if w.shelf.has[watched{"a", true}] {
				taken++
				clear(w.shelf.has)
			}
			if taken == entries {
				cancel()
			}
		}
		for i := range consumers {
			w.wg.Go(func() {
				for ctx.Err() == nil {
					patient, stop := context.WithTimeout(ctx, time.Duration(50+37*i)*time.Millisecond)
					if w.Wait(patient, []string{"a"}, true) == nil {
						take()
					}
					stop()
				}
			})
		}
		began := time.Now()
		for range entries {
			w.shelf.put("a")
			for len(w.hasNow()) > 0 {
				sleep(w.t.Context(), time.Millisecond, nil)
			}
		}
		w.wg.Wait()
		require.Equal(w.t, entries, taken)
		require.LessOrEqual(w.t, time.Since(began), entries*(tick+10*time.Millisecond))
	})
}

func (w *watching) hasNow() []watched {
	w.shelf.mu.Lock()
	defer w.shelf.mu.Unlock()
	return slices.Collect(maps.Keys(w.shelf.has))
}

func TestWatchedEntries(t *testing.T) {
	t.Parallel()
	pool := lookups(t)
	w := NewWatcher(pool, time.Millisecond)
	create := func(topic string, delay time.Duration) Listed {
		t.Helper()
		id, err := Create(t.Context(), pool, NewEntry{Topic: topic, Ref: "r", Delay: delay})
		require.NoError(t, err)
		entry, err := Get(t.Context(), pool, id)
		require.NoError(t, err)
		return entry
	}
	wakes := func(onlyDue bool, topics ...string) bool {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		err := w.Wait(ctx, topics, onlyDue)
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		return err == nil
	}
	create("free", 0)
	create("waits", time.Hour)
	create("soon", 50*time.Millisecond)
	held := create("held", 0)
	_, err := Lock(t.Context(), pool, held.ID, "anna", time.Hour)
	require.NoError(t, err)
	expires := create("expires", 0)
	_, err = Lock(t.Context(), pool, expires.ID, "anna", 50*time.Millisecond)
	require.NoError(t, err)

	require.True(t, wakes(true, "soon"), "when it is due")
	require.True(t, wakes(true, "expires"), "when the lock ends")
	require.True(t, wakes(true, "free"))
	require.True(t, wakes(true, "held", "none", "waits", "free", "none"), "one of several")
	require.True(t, wakes(false, "free"))
	require.True(t, wakes(false, "waits"))
	require.False(t, wakes(true, "waits"))
	require.False(t, wakes(true, "held"))
	require.False(t, wakes(false, "held"))
	require.False(t, wakes(false, "none", "x' OR '1'='1"))
}

// What is not due costs nothing, nor do entries of other topics.
func TestALookDoesNotPayForWhatWaits(t *testing.T) {
	t.Parallel()
	pool := lookups(t)
	cost := func() int {
		return pages(t, pool, watchSQL, []string{"t", "other", "waits", "none", "t"}, []bool{true, false, true, true, false})
	}
	writeQueue(t, pool, 10)
	few := cost()
	writeQueue(t, pool, 40_000)
	many := cost()
	require.Less(t, many, 2*few+50, "pages read by a look: %d among 160,000 entries, %d among 40", many, few)
}

// BenchmarkWatch: a thousand wait for fifty topics; latency is from the commit of
// an entry to the return of a call that waits for it.
func BenchmarkWatch(b *testing.B) {
	pool := lookups(b)
	_, err := pool.Exec(b.Context(), `
		INSERT INTO eventlog (topic, ref, due)
		SELECT 'topic ' || i % 50, 'r', now() + interval '1 hour' + i * interval '1 millisecond'
		FROM generate_series(1, 100000) i`)
	require.NoError(b, err)
	looks := 0
	w := newWatcher(func(ctx context.Context, all []watched) ([]watched, error) {
		looks++
		return lookFor(ctx, pool, all)
	}, 0)
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() { _ = w.Wait(ctx, []string{fmt.Sprint("topic ", i%50)}, true) })
	}
	began := time.Now()
	var latencies []time.Duration
	for b.Loop() {
		latencies = append(latencies, watchLatency(b, w, pool))
	}
	b.ReportMetric(float64(looks)/time.Since(began).Seconds(), "looks/s")
	cancel()
	wg.Wait()
	slices.Sort(latencies)
	b.ReportMetric(float64(latencies[len(latencies)/2].Milliseconds()), "median-ms")
	b.ReportMetric(float64(latencies[len(latencies)-1].Milliseconds()), "worst-ms")
}

func watchLatency(b *testing.B, w *Watcher, db DB) time.Duration {
	b.Helper()
	topic := fmt.Sprint("latency ", time.Now().UnixNano())
	woken := make(chan error)
	go func() { woken <- w.Wait(b.Context(), []string{topic}, true) }()
	// Not in step with the looks.
	sleep(b.Context(), rand.N(tick), nil)
	_, err := Create(b.Context(), db, NewEntry{Topic: topic, Ref: "r"})
	require.NoError(b, err)
	committed := time.Now()
	require.NoError(b, <-woken)
	return time.Since(committed)
}
