package eventlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
)

// consuming is a call of Consume in the background.
type consuming struct {
	stop context.CancelFunc
	done chan error

	mu       sync.Mutex
	reported []string
}

// consume begins. The test ends it by end.
func consume(t *testing.T, c *eventlog.Client, consumer eventlog.Consumer) *consuming {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	running := &consuming{stop: stop, done: make(chan error, 1)}
	consumer.OnError = func(entry eventlog.Entry, err error) {
		running.mu.Lock()
		defer running.mu.Unlock()
		running.reported = append(running.reported, entry.Ref+": "+err.Error())
	}
	go func() { running.done <- c.Consume(ctx, consumer) }()
	return running
}

func (r *consuming) end(t *testing.T) {
	t.Helper()
	r.stop()
	require.NoError(t, <-r.done)
}

func (r *consuming) errors() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.reported)
}

// journal notes what handlers see.
type journal struct {
	mu    sync.Mutex
	lines []string
	at    []time.Time
}

func (j *journal) note(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines, j.at = append(j.lines, line), append(j.at, time.Now())
}

func (j *journal) read() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

// times are when a line was noted, from the beginning on.
func (j *journal) times(line string, began time.Time) (times []time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, l := range j.lines {
		if l == line {
			times = append(times, j.at[i].Sub(began))
		}
	}
	return times
}

func fill(t *testing.T, f *fake, n int) (ids []string) {
	t.Helper()
	for i := range n {
		ids = append(ids, create(t, over(t, f), eventlog.Event{Topic: "t", Ref: fmt.Sprint(i), Data: json.RawMessage(fmt.Sprint(i))}))
	}
	return ids
}

func empty(t *testing.T, f *fake) {
	t.Helper()
	all, _ := f.left()
	require.Empty(t, all)
}

func TestEveryEntryIsHandledAndDeleted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, seen := newFake(), &journal{}
		fill(t, f, 3)
		r := consume(t, over(t, f), eventlog.Consumer{Topic: "t", Handler: func(_ context.Context, e eventlog.Entry) error {
			seen.note(e.Ref + " " + string(e.Data))
			return nil
		}})
		synctest.Wait()
		require.Equal(t, []string{"0 0", "1 1", "2 2"}, seen.read(), "in the order of their due times")
		empty(t, f)
		create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "late", Delay: time.Minute})
		create(t, over(t, f), eventlog.Event{Topic: "u", Ref: "other"})
		pass(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"0 0", "1 1", "2 2", "late "}, seen.read(), "as soon as it is due")
		r.end(t)
		require.Empty(t, r.errors())
	})
}

func TestALongOwnerIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		fill(t, f, 1)
		var owner string
		c := over(t, f, func(o *eventlog.Options) { o.Owner = "x" + strings.Repeat("ä", 99) })
		r := consume(t, c, eventlog.Consumer{Topic: "t", Handler: func(_ context.Context, e eventlog.Entry) error {
			owner = e.LockOwner
			return nil
		}})
		synctest.Wait()
		r.end(t)
		require.True(t, utf8.ValidString(owner), owner)
		require.Contains(t, owner, "ä-")
		require.LessOrEqual(t, len(owner), len("anonymous/")+200)
	})
}

// A quiet topic costs a request per wait, and one that a server answers at once in
// spite of that a request per second.
func TestAQuietTopicIsQuiet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		r := consume(t, over(t, f), eventlog.Consumer{Topic: "t", Handler: noWork})
		pass(10 * time.Minute)
		require.InDelta(t, 40, f.counted()["POST /api/eventlog/lock"], 2)
		r.end(t)
		require.Empty(t, r.errors())

		w := &way{server: answers(func(*http.Request) (*http.Response, error) {
			a := answer(http.StatusOK, "")
			a.Body = readCloser(`{"entries":[]}`)
			return a, nil
		}), plan: first()}
		r = consume(t, over(t, w), eventlog.Consumer{Topic: "t", Handler: noWork})
		pass(time.Minute)
		require.InDelta(t, 60, len(w.sent()), 2)
		r.end(t)
	})
}

func noWork(context.Context, eventlog.Entry) error { return nil }

func TestNoMoreIsLockedThanIsHandled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		fill(t, f, 20)
		var most atomic.Int64
		r := consume(t, over(t, f), eventlog.Consumer{Topic: "t", Concurrency: 3, Handler: func(context.Context, eventlog.Entry) error {
			_, held := f.left()
			most.Store(max(most.Load(), int64(len(held)))) // the largest comes last
			pass(time.Second)
			return nil
		}})
		pass(30 * time.Second)
		empty(t, f)
		require.EqualValues(t, 3, most.Load())
		r.end(t)
		require.Empty(t, r.errors())
	})
}

func TestALockIsExtendedWhileItsHandlerRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, seen := newFake(), &journal{}
		fill(t, f, 1)
		r := consume(t, over(t, f), eventlog.Consumer{Topic: "t", Lease: 30 * time.Second, Handler: func(ctx context.Context, e eventlog.Entry) error {
			seen.note(e.Ref)
			pass(10*time.Minute + time.Second)
			return ctx.Err()
		}})
		synctest.Wait()
		other := consume(t, over(t, f), eventlog.Consumer{Topic: "t", Handler: func(context.Context, eventlog.Entry) error {
			seen.note("other")
			return nil
		}})
		pass(11 * time.Minute)
		synctest.Wait()
		require.Equal(t, 60, f.counted()["POST /api/eventlog/extend/{id}"])
		require.Len(t, seen.read(), 1)
		empty(t, f)
		r.end(t)
		other.end(t)
		require.Empty(t, append(r.errors(), other.errors()...))
	})
}

func TestAHandlerIsToldThatItsLockIsLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lose func(f *fake, w *way, id string)
		told time.Duration // at most so long after the loss
		left int
	}{
		"another has it": {func(f *fake, _ *way, id string) { f.steal(id) }, 10 * time.Second, 1},
		"it is gone": {func(f *fake, _ *way, id string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.entries = nil
		}, 10 * time.Second, 0},
		"the server is away": {func(_ *fake, w *way, _ string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.plan = func(int, *http.Request) trouble { return refused }
		}, 27 * time.Second, 1},
		"the credentials are": {func(_ *fake, w *way, _ string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.server = answers(func(*http.Request) (*http.Response, error) { return answer(401, "UNAUTHENTICATED"), nil })
		}, 30 * time.Second, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			f, w := newFake(), &way{}
			w.server, w.plan = f, first()
			id := fill(t, f, 1)[0]
			began, told := make(chan struct{}), make(chan time.Time, 1)
			r := consume(t, over(t, lockedWay{w}), eventlog.Consumer{Topic: "t", Lease: 30 * time.Second, Handler: func(ctx context.Context, _ eventlog.Entry) error {
				close(began)
				<-ctx.Done()
				told <- time.Now()
				require.ErrorIs(t, context.Cause(ctx), eventlog.ErrLockLost)
				return ctx.Err()
			}})
			<-began
			pass(5 * time.Second)
			at := time.Now()
			c.lose(f, w, id)
			took := (<-told).Sub(at)
			require.LessOrEqual(t, took, c.told, name)
			r.stop()
			<-r.done
			require.NotEmpty(t, r.errors(), name)
			require.Contains(t, strings.Join(r.errors(), "\n"), "0: the lock on the entry was lost", name)
			all, _ := f.left()
			require.Len(t, all, c.left, name)
		})
	}
}

// A lease counts from before the request: when the answer comes, much of it may be
// over.
func TestALeaseBeginsBeforeItsAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, began := newFake(), time.Now()
		fill(t, f, 1)
		c := over(t, answers(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path != "/api/eventlog/lock" {
				return nil, unreachable
			}
			response, err := f.RoundTrip(r)
			pass(8 * time.Second)
			return response, err
		}))
		told := make(chan time.Time)
		r := consume(t, c, eventlog.Consumer{Topic: "t", Lease: 30 * time.Second, Wait: time.Second, Handler: func(ctx context.Context, _ eventlog.Entry) error {
			<-ctx.Done()
			told <- time.Now()
			return ctx.Err()
		}})
		require.LessOrEqual(t, (<-told).Sub(began), 27*time.Second)
		r.end(t)
	})
}

// pass lets a bubble's clock go on.
func pass(d time.Duration) { <-time.After(d) }

// sleep waits, unless the context ends.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// lockedWay lets a test change a way while requests take it.
type lockedWay struct{ *way }

func (w lockedWay) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	now := &way{server: w.server, plan: w.plan}
	w.mu.Unlock()
	return now.RoundTrip(r)
}

// Work that was done counts, even if the lock expired, as long as nobody else has
// taken the entry. If somebody has, it is reported.
func TestDoneWorkIsProvedByTheDeletion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		fill(t, f, 1)
		w := &way{server: f, plan: first()}
		r := consume(t, over(t, lockedWay{w}), eventlog.Consumer{Topic: "t", Lease: 30 * time.Second, Handler: func(context.Context, eventlog.Entry) error {
			w.mu.Lock()
			w.plan = func(int, *http.Request) trouble { return refused }
			w.mu.Unlock()
			pass(time.Hour) // the lock has long expired
			w.mu.Lock()
			w.plan = first()
			w.mu.Unlock()
			return nil
		}})
		pass(time.Hour + time.Second)
		synctest.Wait()
		empty(t, f)
		r.end(t)

		id := create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "r"})
		r = consume(t, over(t, f), eventlog.Consumer{Topic: "t", Handler: func(context.Context, eventlog.Entry) error {
			f.steal(id)
			return nil
		}})
		synctest.Wait()
		require.Len(t, r.errors(), 1)
		require.Contains(t, r.errors()[0], "r: the entry was handled, and may be again: delete entry: the server answered 409 NOT_YOURS")
		r.end(t)
		all, _ := f.left()
		require.Equal(t, []string{id}, all)
	})
}

func TestAFailingEntryRestsLongerEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, seen, began := newFake(), &journal{}, time.Now()
		fill(t, f, 3)
		r := consume(t, over(t, f), eventlog.Consumer{Topic: "t", Handler: func(_ context.Context, e eventlog.Entry) error {
			seen.note(e.Ref)
			switch {
			case e.Ref == "0":
				return errors.New("bad")
			case e.Ref == "1" && len(seen.times("1", began)) < 3:
				panic("boom")
			}
			return nil
		}})
		pass(time.Hour)
		synctest.Wait()
		require.Equal(t, []time.Duration{0}, seen.times("2", began), "nobody waits for them")
		require.Len(t, seen.times("1", began), 3)
		times := seen.times("0", began)
		want := time.Second
		for i, at := range times[1:] {
			require.LessOrEqual(t, at-times[i], want+time.Millisecond)
			require.GreaterOrEqual(t, at-times[i], want/2)
			want = min(2*want, 10*time.Minute)
		}
		require.Greater(t, len(times), 12)
		all, held := f.left()
		require.Len(t, all, 1)
		require.Equal(t, all, held, "it rests")
		r.end(t)
		require.Contains(t, r.errors(), "0: bad")
		require.Contains(t, r.errors(), "1: the handler panicked: boom")
		_, held = f.left()
		require.Equal(t, all, held, "and goes on to do so")
	})
}

func TestAPanicHasItsStack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		fill(t, f, 1)
		ctx, cancel := context.WithCancel(t.Context())
		var got *eventlog.PanicError
		err := over(t, f).Consume(ctx, eventlog.Consumer{
			Topic:   "t",
			Handler: func(context.Context, eventlog.Entry) error { panic(errors.New("boom")) },
			OnError: func(_ eventlog.Entry, err error) { cancel(); require.ErrorAs(t, err, &got) },
		})
		require.NoError(t, err)
		require.EqualError(t, got, "the handler panicked: boom")
		require.Contains(t, string(got.Stack), "TestAPanicHasItsStack")
	})
}

func TestLeftOutDataAreFetched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, seen := newFake(), &journal{}
		big := json.RawMessage(`"` + strings.Repeat("x", 40<<10) + `"`)
		for i := range 5 {
			create(t, over(t, f), eventlog.Event{Topic: "t", Ref: fmt.Sprint(i), Data: big})
		}
		r := consume(t, over(t, f), eventlog.Consumer{Topic: "t", Concurrency: 10, Handler: func(_ context.Context, e eventlog.Entry) error {
			seen.note(fmt.Sprint(len(e.Data), e.DataLeftOut))
			return nil
		}})
		synctest.Wait()
		require.Equal(t, slices.Repeat([]string{fmt.Sprint(len(big), false)}, 5), seen.read())
		require.Equal(t, 1, f.counted()["POST /api/eventlog/lock"]-1, "all at once, and then it waits")
		r.end(t)
	})
}

func TestTheEndDrainsWhatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		ids := fill(t, f, 4)
		r := consume(t, over(t, f), eventlog.Consumer{Topic: "t", Concurrency: 3, Handler: func(ctx context.Context, e eventlog.Entry) error {
			switch e.Ref {
			case "0": // ends in time
				if !sleep(ctx, 15*time.Second) {
					t.Error("its context ended too early")
				}
				return nil
			case "1": // listens to its context
				<-ctx.Done()
				return ctx.Err()
			default: // does not
				pass(time.Minute)
				return nil
			}
		}})
		synctest.Wait()
		began := time.Now()
		r.end(t)
		require.Equal(t, time.Minute, time.Since(began))
		all, held := f.left()
		require.Equal(t, []string{ids[1], ids[3]}, all, "one was given back, one never begun")
		require.Empty(t, held)
		require.Len(t, r.errors(), 1)
		require.Contains(t, r.errors()[0], "1: the consumer was told to end")
	})
}

// An answer that comes with the end of the context, or is cut off by it, has
// locked entries that nobody will handle.
func TestTheEndUnlocksWhatWasNotBegun(t *testing.T) {
	t.Parallel()
	for _, what := range []trouble{none, lost} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			ids := fill(t, f, 2)
			var r *consuming
			ready := make(chan struct{})
			c := over(t, &way{server: answers(func(q *http.Request) (*http.Response, error) {
				response, err := f.RoundTrip(q)
				if q.URL.Path == "/api/eventlog/lock" {
					<-ready
					r.stop()
				}
				return response, err
			}), plan: first(what)})
			r = consume(t, c, eventlog.Consumer{Topic: "t", Concurrency: 2, Handler: func(context.Context, eventlog.Entry) error {
				t.Error("it was handled")
				return nil
			}})
			close(ready)
			require.NoError(t, <-r.done)
			all, held := f.left()
			require.Equal(t, ids, all)
			require.Empty(t, held, "%d", what)
		})
	}
}

// What an answer that was lost has locked does not rest for the lease.
func TestLocksWhoseAnswerWasLostAreFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, seen, began := newFake(), &journal{}, time.Now()
		ids := fill(t, f, 3)
		f.steal(ids[2])
		r := consume(t, over(t, &way{server: f, plan: first(lost)}), eventlog.Consumer{Topic: "t", Lease: 24 * time.Hour, Concurrency: 5, Handler: func(_ context.Context, e eventlog.Entry) error {
			seen.note(e.Ref)
			return nil
		}})
		pass(time.Second)
		synctest.Wait()
		require.ElementsMatch(t, []string{"0", "1"}, seen.read())
		require.Less(t, seen.times("0", began)[0], time.Second)
		all, held := f.left()
		require.Equal(t, ids[2:], all)
		require.Equal(t, ids[2:], held, "that of another is left alone")
		r.end(t)
		require.Len(t, r.errors(), 1)
	})
}

// A request that is repeated for long may arrive when its entry has a new lock, of
// the same consumer: it must not change that.
func TestALateRequestDoesNotTouchALaterLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		var calls, extended atomic.Int64
		id := fill(t, f, 1)[0]
		again := make(chan struct{})
		w := &way{server: f, plan: func(_ int, r *http.Request) trouble {
			if strings.Contains(r.URL.Path, "/extend/") {
				if extended.Add(1) == 1 { // let it rest: done, and lost
					return lost
				}
				<-again
			}
			return none
		}}
		r := consume(t, over(t, w), eventlog.Consumer{Topic: "t", Concurrency: 2, Pause: 50 * time.Millisecond, Handler: func(context.Context, eventlog.Entry) error {
			if calls.Add(1) == 1 {
				return errors.New("bad")
			}
			close(again)
			pass(10 * time.Second)
			_, held := f.left()
			require.Equal(t, []string{id}, held)
			return nil
		}})
		pass(11 * time.Second)
		empty(t, f)
		r.end(t)
		require.EqualValues(t, 2, calls.Load())
		require.EqualValues(t, 2, extended.Load())
	})
}

func TestConsumeEndsWhereItCannotLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refuse := func(status int, code string) *eventlog.Client {
			return over(t, answers(func(*http.Request) (*http.Response, error) { return answer(status, code), nil }))
		}
		some := eventlog.Consumer{Topic: "t", Handler: noWork}
		require.ErrorIs(t, refuse(401, "UNAUTHENTICATED").Consume(t.Context(), some), eventlog.ErrUnauthenticated)
		require.ErrorIs(t, refuse(403, "FORBIDDEN").Consume(t.Context(), some), eventlog.ErrForbidden)
		require.Error(t, refuse(401, "").Consume(t.Context(), some), "whoever says so")
		require.Error(t, refuse(403, "").Consume(t.Context(), some))
		require.ErrorIs(t, refuse(400, "INVALID_REQUEST").Consume(t.Context(), some), eventlog.ErrInvalid)
		some.Topic = "async.event"
		require.ErrorIs(t, over(t, newFake()).Consume(t.Context(), some), eventlog.ErrAsync)
		for name, c := range map[string]eventlog.Consumer{
			"no topic":    {Handler: noWork},
			"no handler":  {Topic: "t"},
			"concurrency": {Topic: "t", Handler: noWork, Concurrency: -1},
			"lease":       {Topic: "t", Handler: noWork, Lease: 25 * time.Hour},
			"no lease":    {Topic: "t", Handler: noWork, Lease: -time.Second},
			"short lease": {Topic: "t", Handler: noWork, Lease: 4 * time.Second},
			"pause":       {Topic: "t", Handler: noWork, Pause: time.Nanosecond},
			"max pause":   {Topic: "t", Handler: noWork, MaxPause: 25 * time.Hour},
		} {
			require.ErrorIs(t, over(t, newFake()).Consume(t.Context(), c), eventlog.ErrInvalid, name)
		}
	})
}

// Three consumers, one of them dying now and then, with trouble on every third
// request: each entry is handled, and none at the same time by two whose locks
// hold.
func TestConsumersInTroubleHandleEverything(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			chance := func(n int) int {
				mu.Lock()
				defer mu.Unlock()
				return random.IntN(n)
			}
			f, seen := newFake(), &journal{}
			fill(t, f, 40)
			c := over(t, &way{server: f, plan: func(int, *http.Request) trouble {
				return trouble(max(0, chance(3*int(troubles))-2*int(troubles)))
			}})
			at := map[string]int{}
			handler := func(ctx context.Context, e eventlog.Entry) error {
				mu.Lock()
				at[e.ID]++
				both := at[e.ID] > 1
				mu.Unlock()
				defer func() { mu.Lock(); at[e.ID]--; mu.Unlock() }()
				if both {
					t.Errorf("seed %d: entry %s is handled twice at a time", seed, e.Ref)
				}
				select {
				case <-ctx.Done():
					return context.Cause(ctx)
				case <-time.After(time.Duration(chance(20)) * time.Second):
				}
				if chance(4) == 0 {
					return errors.New("bad luck")
				}
				seen.note(e.Ref)
				return nil
			}
			consumer := eventlog.Consumer{Topic: "t", Concurrency: 4, Lease: 20 * time.Second, Handler: handler}
			steady := consume(t, c, consumer)
			for range 10 {
				dying := consume(t, c, consumer)
				pass(time.Duration(chance(30)) * time.Second)
				dying.end(t)
			}
			for all := []string{""}; len(all) > 0; all, _ = f.left() {
				pass(time.Minute)
			}
			steady.end(t)
			for i := range 40 {
				require.Contains(t, seen.read(), fmt.Sprint(i), "seed %d", seed)
			}
		})
	}
}
