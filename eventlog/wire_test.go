package eventlog_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
)

// serve runs a fake behind a real socket. meddle may do something else with a
// request, and says whether it has.
func serve(t *testing.T, f *fake, meddle func(n int64, w http.ResponseWriter, r *http.Request) bool) server {
	t.Helper()
	var n atomic.Int64
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !meddle(n.Add(1), w, r) {
			f.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(listening.Close)
	return server{address: listening.URL}
}

// doAndBreak does what was asked for and then breaks the connection.
func doAndBreak(f *fake, w http.ResponseWriter, r *http.Request) {
	f.ServeHTTP(httptest.NewRecorder(), r)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_ = conn.(*net.TCPConn).SetLinger(0) //nolint:forcetypeassert // httptest listens on TCP
	_ = conn.Close()
}

func TestConnectionsThatBreak(t *testing.T) {
	t.Parallel()
	f := newFake()
	s := serve(t, f, func(n int64, w http.ResponseWriter, r *http.Request) bool {
		if n%2 == 1 {
			doAndBreak(f, w, r)
		}
		return n%2 == 1
	})
	c := s.client(t, eventlog.Options{Pause: time.Millisecond})
	id := create(t, c, eventlog.Event{Topic: "t", Ref: "r"})
	require.Equal(t, []string{id}, search(t, c, eventlog.Query{}))
	_, err := c.Lock(t.Context(), id, time.Hour)
	require.NoError(t, err)
	require.ErrorIs(t, c.DeleteLocked(t.Context(), id), eventlog.ErrUnknown)
	empty(t, f)
}

func TestAnAnswerThatTrickles(t *testing.T) {
	t.Parallel()
	f := newFake()
	s := serve(t, f, func(n int64, w http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"entries":`))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // the client has lost patience
		return true
	})
	c := s.client(t, eventlog.Options{Timeout: 50 * time.Millisecond, Pause: time.Millisecond})
	require.Empty(t, search(t, c, eventlog.Query{}))
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	c := server{address: closed.URL}.client(t, eventlog.Options{Pause: time.Millisecond})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.LockDue(ctx, eventlog.LockQuery{Topic: "t"})
	require.ErrorIs(t, err, context.DeadlineExceeded, "it was tried to the end")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Get(ended, "x")
	require.ErrorIs(t, err, context.Canceled)
}

// A certificate that is not trusted will not be trusted in a moment.
func TestAnUntrustedCertificateIsFinal(t *testing.T) {
	t.Parallel()
	listening := httptest.NewUnstartedServer(newFake())
	listening.Config.ErrorLog = log.New(io.Discard, "", 0)
	listening.StartTLS()
	t.Cleanup(listening.Close)
	c := server{address: listening.URL}.client(t, eventlog.Options{})
	_, err := c.Search(t.Context(), eventlog.Query{})
	require.ErrorContains(t, err, "certificate")
}

func TestCredentialsStayWithTheAddress(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	s := serve(t, nil, func(_ int64, w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		return true
	})
	_, err := s.client(t, eventlog.Options{Username: "anna", Password: "secret"}).Create(t.Context(), eventlog.Event{Topic: "t", Ref: "r"})
	require.ErrorContains(t, err, "307")
	require.NotContains(t, err.Error(), "secret")
}

// tokens hands out tokens; the API takes the last only.
type tokens struct {
	asked atomic.Int64
	fail  atomic.Bool
}

func (k *tokens) get(context.Context) (string, error) {
	if k.fail.Swap(false) {
		return "", errors.New("the provider is away")
	}
	return string(rune('a' + k.asked.Add(1))), nil
}

func TestATokenIsAskedForAgainWhenItIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, k := newFake(), &tokens{}
		valid := "b"
		c := over(t, answers(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") != "Bearer "+valid {
				return answer(http.StatusUnauthorized, "UNAUTHENTICATED"), nil
			}
			return f.RoundTrip(r)
		}), func(o *eventlog.Options) { o.Token = k.get })
		for range 3 {
			require.Empty(t, search(t, c, eventlog.Query{}))
		}
		require.EqualValues(t, 1, k.asked.Load(), "one token for all")
		valid = "c"
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				if _, err := c.Search(t.Context(), eventlog.Query{}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 2, k.asked.Load(), "one more for all")
		valid = "none"
		_, err := c.Search(t.Context(), eventlog.Query{})
		require.ErrorIs(t, err, eventlog.ErrUnauthenticated)
		require.EqualValues(t, 3, k.asked.Load(), "no third for one call")
		valid = "e"
		k.fail.Store(true)
		require.Empty(t, search(t, c, eventlog.Query{}), "a provider that is away comes back")
	})
}
