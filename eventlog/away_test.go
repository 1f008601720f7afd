package eventlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
)

// deep are data that Go does not read.
var deep = []byte(strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001))

// deepened is a server that shows the data "deep" as such.
func deepened(f *fake) answers {
	return func(r *http.Request) (*http.Response, error) {
		response, err := f.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(response.Body)
		response.Body = io.NopCloser(bytes.NewReader(bytes.ReplaceAll(body, []byte(`"deep"`), deep)))
		return response, err
	}
}

// An entry that nobody can read rests for the lease, and those that were locked
// with it do not.
func TestAnEntryThatNobodyCanReadKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{1, 5} {
		synctest.Test(t, func(t *testing.T) {
			f, seen, began := newFake(), &journal{}, time.Now()
			fill(t, f, 1)
			poison := create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "poison", Data: json.RawMessage(`"deep"`)})
			create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "innocent"})
			r := consume(t, over(t, deepened(f)), eventlog.Consumer{Topic: "t", Concurrency: concurrency, Handler: func(_ context.Context, e eventlog.Entry) error {
				seen.note(e.Ref)
				return nil
			}})
			pass(5 * time.Second)
			require.ElementsMatch(t, []string{"0", "innocent"}, seen.read(), "in no time")
			pass(10 * time.Minute)
			create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "late"})
			pass(2 * time.Second)
			require.Len(t, seen.times("late", began), 1)
			all, _ := f.left()
			require.Equal(t, []string{poison}, all)
			r.end(t)
			require.InDelta(t, 10, len(r.errors()), 2, "once a lease: %v", r.errors())
			require.Contains(t, r.errors()[0], "read the answer")
		})
	}
}

// If all is like that, it is not looked at for ever.
func TestATopicThatNobodyCanReadIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		for range 60 {
			create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "poison", Data: json.RawMessage(`"deep"`)})
		}
		r := consume(t, over(t, deepened(f)), eventlog.Consumer{Topic: "t", Concurrency: 60, Handler: noWork})
		pass(50 * time.Second)
		require.Less(t, f.counted()["GET /api/eventlog/{topics}"], 30)
		r.end(t)
	})
}

// Somebody between us and the API says what he likes for a while.
func TestAnswersThatAreNotTheAPIsAreWaitedFor(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]func() *http.Response{
		"404":  func() *http.Response { return answer(404, "") },
		"302":  func() *http.Response { return answer(302, "", "Location", "/login") },
		"520":  func() *http.Response { return answer(520, "") },
		"HTML": func() *http.Response { a := answer(200, ""); a.Body = readCloser("<html>"); return a },
	} {
		synctest.Test(t, func(t *testing.T) {
			f, seen := newFake(), &journal{}
			fill(t, f, 2)
			var away atomic.Bool
			var asked atomic.Int64
			away.Store(true)
			c := over(t, answers(func(r *http.Request) (*http.Response, error) {
				response, err := f.RoundTrip(r) // what is asked for is done
				if asked.Add(1); away.Load() && r.Method == http.MethodPost {
					return say(), nil
				}
				return response, err
			}))
			r := consume(t, c, eventlog.Consumer{Topic: "t", Lease: 24 * time.Hour, Handler: func(_ context.Context, e eventlog.Entry) error {
				seen.note(e.Ref)
				return nil
			}})
			pass(10 * time.Minute)
			require.Less(t, asked.Load(), int64(700), "%s: the pauses grow", name)
			require.NotEmpty(t, r.errors(), name)
			away.Store(false)
			pass(30 * time.Second)
			require.ElementsMatch(t, []string{"0", "1"}, seen.read(), name)
			empty(t, f)
			r.end(t)
		})
	}
}

// Where extensions do not arrive in time, work is not begun again and again.
func TestALockThatIsNotExtendedInTimeCountsAsAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, seen, began := newFake(), &journal{}, time.Now()
		fill(t, f, 1)
		c := over(t, answers(func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "/extend/") && r.URL.Query().Get("lease") == "30000" {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return f.RoundTrip(r)
		}))
		r := consume(t, c, eventlog.Consumer{Topic: "t", Lease: 30 * time.Second, Handler: func(ctx context.Context, e eventlog.Entry) error {
			seen.note(e.Ref)
			<-ctx.Done()
			return ctx.Err()
		}})
		pass(2 * time.Hour)
		r.end(t)
		times := seen.times("0", began)
		require.Greater(t, len(times), 10)
		last := times[len(times)-1] - times[len(times)-2]
		require.GreaterOrEqual(t, last, 5*time.Minute)
		require.Contains(t, r.errors()[0], "0: the lock on the entry was lost")
	})
}

// When the deletion is answered by a 404 after an answer that was lost, it was ours
// only while the lock certainly was.
func TestADeletionWhoseAnswerIsLostIsOursWhileTheLockIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		work, away time.Duration // the lock is extended every 20s, and lasts 60s
		unknown    bool
	}{
		{0, 0, false},
		{0, 45 * time.Second, false},
		{30 * time.Second, 45 * time.Second, false},
		{59 * time.Second, 45 * time.Second, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			f, deletions := newFake(), 0
			fill(t, f, 1)
			client := over(t, answers(func(r *http.Request) (*http.Response, error) {
				response, err := f.RoundTrip(r)
				if r.Method != http.MethodDelete {
					return response, err
				}
				if deletions++; deletions == 1 {
					pass(c.away)
					return nil, io.EOF
				}
				return response, err
			}), func(o *eventlog.Options) { o.Timeout = 10 * time.Minute })
			r := consume(t, client, eventlog.Consumer{Topic: "t", Handler: func(context.Context, eventlog.Entry) error {
				pass(c.work)
				return nil
			}})
			pass(c.work + c.away + 10*time.Second)
			empty(t, f)
			r.end(t)
			require.Equal(t, 2, deletions)
			require.Contains(t, r.errors()[0], "0: ", "the retry is reported with its entry")
			told := strings.Join(r.errors(), "\n")
			if c.unknown {
				require.Contains(t, told, "0: the entry was handled, and perhaps elsewhere too: delete entry: "+eventlog.ErrUnknown.Error())
			} else {
				require.Len(t, r.errors(), 1, told)
			}
		})
	}
}

func TestAnEntryThatCameLateIsNotExtendedAtOnce(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{14900 * time.Millisecond, 19500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			r := consume(t, over(t, f), eventlog.Consumer{Topic: "t", Handler: func(context.Context, eventlog.Entry) error {
				pass(4 * time.Second)
				return nil
			}})
			create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "r", Delay: delay})
			pass(30 * time.Second)
			empty(t, f)
			require.Zero(t, f.counted()["POST /api/eventlog/extend/{id}"])
			r.end(t)
		})
	}
}

func TestWaitAndDrainCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		c := over(t, answers(func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Has("wait") {
				return nil, errors.New("it waits")
			}
			return f.RoundTrip(r)
		}))
		r := consume(t, c, eventlog.Consumer{Topic: "t", Wait: -1, Drain: -1, Handler: func(ctx context.Context, _ eventlog.Entry) error {
			<-ctx.Done()
			return ctx.Err()
		}})
		pass(time.Minute)
		require.InDelta(t, 60, f.counted()["POST /api/eventlog/lock"], 2)
		create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "r"})
		pass(2 * time.Second)
		began := time.Now()
		r.end(t)
		require.Zero(t, time.Since(began))
		require.Len(t, r.errors(), 1)
		require.Contains(t, r.errors()[0], "r: the consumer was told to end")
	})
}
