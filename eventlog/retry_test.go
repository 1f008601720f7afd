package eventlog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
)

// Whatever happens to half of all requests, what is done is done, and once.
func TestTroubleOnTheWayChangesNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			f := newFake()
			c := over(t, &way{server: f, plan: func(int, *http.Request) trouble {
				return trouble(max(0, random.IntN(2*int(troubles))-int(troubles)))
			}})
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			failed := fmt.Sprintf("seed %d", seed)

			var ids []string
			for i := range 6 {
				id, err := c.Create(ctx, eventlog.Event{Topic: "t", Ref: fmt.Sprint(i)})
				require.NoError(t, err, failed)
				ids = append(ids, id)
			}
			for _, id := range ids[:4] {
				lock, err := c.Lock(ctx, id, 24*time.Hour)
				require.NoError(t, err, failed)
				require.Equal(t, "anonymous/ours", lock.Owner, failed)
				_, err = withOwner(t, c, "other").Lock(ctx, id, time.Hour)
				require.ErrorIs(t, err, eventlog.ErrLocked, failed)
			}
			_, err := c.Extend(ctx, ids[0], 24*time.Hour)
			require.NoError(t, err, failed)
			doneOr(t, eventlog.ErrUnknown, c.DeleteLocked(ctx, ids[1]), failed)
			require.NoError(t, c.Unlock(ctx, ids[2]), failed)
			require.NoError(t, c.Fire(ctx, ids[3]), failed)
			doneOr(t, eventlog.ErrNotFound, c.Cancel(ctx, ids[4]), failed)
			require.NoError(t, c.Delete(ctx, ids[5]), failed)

			all, held := f.left()
			require.Equal(t, []string{ids[0], ids[2], ids[3]}, all, failed)
			require.Equal(t, []string{ids[0], ids[3]}, held, failed)
			found, err := c.Search(ctx, eventlog.Query{Topics: []string{"t"}})
			require.NoError(t, err, failed)
			require.Equal(t, []string{ids[2]}, idsOf(found), failed)
		})
	}
}

// doneOr is for what a call may say instead after an answer that was lost.
func doneOr(t *testing.T, otherwise, err error, failed string) {
	t.Helper()
	if err != nil {
		require.ErrorIs(t, err, otherwise, failed)
	}
}

func TestPausesGrowUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &way{plan: func(int, *http.Request) trouble { return failed }}
		var told []time.Duration
		c := over(t, w, func(o *eventlog.Options) {
			o.OnRetry = func(err error, pause time.Duration) {
				require.ErrorContains(t, err, "500 INTERNAL_ERROR: told so")
				told = append(told, pause)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := c.Create(ctx, eventlog.Event{Topic: "t", Ref: "r"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		var answer *eventlog.Error
		require.ErrorAs(t, err, &answer, "and why")
		sent := w.sent()
		require.Greater(t, len(sent), 9)
		want := 200 * time.Millisecond
		for i, at := range sent[1:] {
			pause := at.Sub(sent[i])
			require.LessOrEqual(t, pause, want)
			require.GreaterOrEqual(t, pause, want/2)
			require.Equal(t, told[i], pause)
			want = min(2*want, 10*time.Second)
		}
	})
}

func TestPausesDiffer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pauses := map[time.Duration]bool{}
		for range 20 {
			w := &way{server: newFake(), plan: first(refused)}
			began := time.Now()
			_, err := over(t, w).Search(t.Context(), eventlog.Query{})
			require.NoError(t, err)
			pauses[time.Since(began)] = true
		}
		require.Greater(t, len(pauses), 15)
	})
}

func TestRetryAfterMakesThePauseLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for header, want := range map[string]time.Duration{
			"7": 7 * time.Second, "0": 0, "-5": 0, "x": 0, "": 0, "999999999999": 5 * time.Minute, "86400": 5 * time.Minute, "date": 9 * time.Second,
		} {
			f, n := newFake(), 0
			began := time.Now()
			if header == "date" {
				header = began.Add(want).Truncate(time.Second).UTC().Format(http.TimeFormat)
			}
			_, err := over(t, answers(func(r *http.Request) (*http.Response, error) {
				if n++; n == 1 {
					return answer(http.StatusTooManyRequests, "TOO_MANY_REQUESTS", "Retry-After", header), nil
				}
				return f.RoundTrip(r)
			})).Search(t.Context(), eventlog.Query{})
			require.NoError(t, err)
			require.InDelta(t, want, time.Since(began), float64(time.Second), header)
		}
	})
}

func TestRefusalsAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
		want   error
	}{
		{400, "INVALID_ENTRY", eventlog.ErrInvalid},
		{400, "INVALID_REQUEST", eventlog.ErrInvalid},
		{401, "UNAUTHENTICATED", eventlog.ErrUnauthenticated},
		{403, "FORBIDDEN", eventlog.ErrForbidden},
		{404, "NOT_FOUND", eventlog.ErrNotFound},
		{404, "", nil},
		{405, "METHOD_NOT_ALLOWED", nil},
		{409, "LOCKED", eventlog.ErrLocked},
		{413, "BODY_TOO_LARGE", eventlog.ErrInvalid},
		{422, "KEY_REUSED", eventlog.ErrKeyReused},
		{501, "", nil},
		{301, "", nil},
		{307, "", nil},
	} {
		w := &way{server: answers(func(*http.Request) (*http.Response, error) {
			return answer(c.status, c.code, "Location", "http://elsewhere/"), nil
		}), plan: first()}
		_, err := over(t, w).Create(t.Context(), eventlog.Event{Topic: "t", Ref: "r"})
		var answer *eventlog.Error
		require.ErrorAs(t, err, &answer)
		require.Equal(t, c.status, answer.Status)
		if c.want != nil {
			require.ErrorIs(t, err, c.want)
		}
		require.Len(t, w.sent(), 1)
	}
}

func TestWhatWasNotDoneForSureIsRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []struct {
		status int
		code   string
	}{{408, "BODY_TIMEOUT"}, {409, "CONFLICT"}, {429, "TOO_MANY_REQUESTS"}, {503, "PROVIDER_UNAVAILABLE"}} {
		synctest.Test(t, func(t *testing.T) {
			f, n := newFake(), 0
			c := over(t, answers(func(r *http.Request) (*http.Response, error) {
				if n++; n < 4 {
					return answer(status.status, status.code), nil
				}
				return f.RoundTrip(r)
			}))
			_, err := c.LockDue(t.Context(), eventlog.LockQuery{Topic: "t"})
			require.NoError(t, err)
			n = 0
			require.ErrorIs(t, c.Delete(t.Context(), "x"), eventlog.ErrNotFound, "nothing was done, so it is no success")
		})
	}
}

// A lock of many is not repeated if it may have been taken: others would be locked.
func TestALockOfManyWhoseAnswerIsLostIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, what := range []trouble{reset, lost, cut, busy, failed, failedLate, proxy} {
		w := &way{server: newFake(), plan: first(what)}
		_, err := over(t, w).LockDue(t.Context(), eventlog.LockQuery{Topic: "t"})
		require.Error(t, err)
		require.Len(t, w.sent(), 1)
	}
}

func TestALockWhoseAnswerIsLostIsOursOnlyIfItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for what, want := range map[trouble]error{lost: nil, cut: nil, failedLate: nil, reset: eventlog.ErrLocked, failed: eventlog.ErrLocked, refused: eventlog.ErrLocked} {
			f := newFake()
			id := create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "r"})
			plan := first(what)
			c := over(t, &way{server: f, plan: func(n int, r *http.Request) trouble {
				if n == 1 && want != nil { // somebody takes it between the attempts
					f.steal(id)
				}
				return plan(n, r)
			}})
			lock, err := c.Lock(t.Context(), id, time.Hour)
			if want != nil {
				require.ErrorIs(t, err, want)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, "anonymous/ours", lock.Owner)
		}
	})
}

// A lock that somebody gives back while we ask whose it is can be taken.
func TestALockThatEndsWhileWeAskIsTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		id := create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "r"})
		c := over(t, &way{server: f, plan: func(n int, r *http.Request) trouble {
			switch n {
			case 0:
				f.steal(id)
				return reset
			case 2: // our question
				pass(2 * time.Hour)
			}
			return none
		}})
		_, err := c.Lock(t.Context(), id, time.Hour)
		require.NoError(t, err)
		require.Equal(t, 2, f.counted()["POST /api/eventlog/lock/{id}"], "once refused, and once not")
	})
}

func TestAfterALostAnswerWhatIsGoneWasDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			do      func(*eventlog.Client, context.Context, string) error
			between func(*fake, string)
		}{
			"unlock, taken by another":   {(*eventlog.Client).Unlock, (*fake).steal},
			"unlock":                     {(*eventlog.Client).Unlock, nil},
			"delete":                     {(*eventlog.Client).Delete, nil},
			"fire, and it was published": {(*eventlog.Client).Fire, (*fake).publish},
		} {
			f := newFake()
			id := create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "r"})
			if strings.HasPrefix(name, "unlock") {
				_, err := over(t, f).Lock(t.Context(), id, time.Hour)
				require.NoError(t, err)
			}
			client := over(t, &way{server: f, plan: func(n int, _ *http.Request) trouble {
				if n == 0 {
					return lost
				}
				if c.between != nil {
					c.between(f, id)
				}
				return none
			}})
			require.NoError(t, c.do(client, t.Context(), id), name)
			require.Error(t, c.do(over(t, f), t.Context(), id), "%s, a second time", name)
		}
	})
}

// Another may have consumed the entry between the attempts.
func TestAfterALostAnswerNobodyKnowsWhoRemovedAnEntry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, first := range []trouble{lost, reset} {
			f := newFake()
			id := create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "r"})
			c := over(t, &way{server: f, plan: func(n int, _ *http.Request) trouble {
				if n == 0 {
					return first
				}
				f.mu.Lock()
				defer f.mu.Unlock()
				f.entries = nil
				return none
			}})
			require.ErrorIs(t, c.Cancel(t.Context(), id), eventlog.ErrNotFound)

			id = create(t, over(t, f), eventlog.Event{Topic: "t", Ref: "r"})
			_, err := over(t, f).Lock(t.Context(), id, time.Second)
			require.NoError(t, err)
			n := 0
			c = over(t, &way{server: f, plan: func(int, *http.Request) trouble {
				if n++; n == 1 {
					return first
				}
				f.mu.Lock()
				defer f.mu.Unlock()
				f.entries = nil
				return none
			}})
			err = c.DeleteLocked(t.Context(), id)
			require.ErrorIs(t, err, eventlog.ErrUnknown)
			require.ErrorIs(t, err, eventlog.ErrNotFound)
			err = c.DeleteLocked(t.Context(), id)
			require.ErrorIs(t, err, eventlog.ErrNotFound)
			require.NotErrorIs(t, err, eventlog.ErrUnknown, "no answer was lost")
		}
	})
}

func TestAServerThatHangsIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, n := newFake(), 0
		c := over(t, answers(func(r *http.Request) (*http.Response, error) {
			if n++; n == 1 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return f.RoundTrip(r)
		}))
		began := time.Now()
		_, err := c.Search(t.Context(), eventlog.Query{Topics: []string{"t"}, Wait: 25 * time.Second})
		require.NoError(t, err)
		require.InDelta(t, (40+25)*time.Second+25*time.Second, time.Since(began), float64(time.Second), "one attempt in vain, and one that waited")
	})
}

func TestAnAnswerThatIsNoneIsAnError(t *testing.T) {
	t.Parallel()
	say := func(status int, location, body string) *eventlog.Client {
		return over(t, answers(func(*http.Request) (*http.Response, error) {
			a := answer(status, "", "Location", location)
			a.Body = http.NoBody
			if body != "" {
				a.Body = readCloser(body)
			}
			return a, nil
		}))
	}
	for _, location := range []string{"", "/", "%zz"} {
		_, err := say(204, location, "").Create(t.Context(), eventlog.Event{Topic: "t", Ref: "r"})
		require.ErrorContains(t, err, "does not say which entry")
	}
	for _, body := range []string{"<html>", "", `{"entries":[{"created":1}]}`} {
		_, err := say(200, "", body).Search(t.Context(), eventlog.Query{})
		require.ErrorContains(t, err, "read the answer")
	}
	_, err := say(200, "", strings.Repeat(" ", 64<<20+1)).Search(t.Context(), eventlog.Query{})
	require.ErrorContains(t, err, "more than 67108864 bytes")
}
