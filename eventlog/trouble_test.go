package eventlog_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
)

// trouble is what happens to a request on its way.
type trouble int

const (
	none       trouble = iota
	refused            // nobody listens
	reset              // the connection breaks before the server has read the request
	lost               // the connection breaks after the server has done it
	cut                // the same, in the middle of the answer
	busy               // 503 with Retry-After, nothing done
	failed             // 500, nothing done
	failedLate         // 500, all the same done
	proxy              // 504 in HTML, done
	troubles           // how many there are
)

// way is the way to a server; plan says what happens to the n-th request, from 0.
type way struct {
	server http.RoundTripper
	plan   func(n int, r *http.Request) trouble

	mu   sync.Mutex
	seen []time.Time // when requests were sent
}

// unreachable is what a client sees where nobody listens.
var unreachable = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

func (w *way) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	n := len(w.seen)
	w.seen = append(w.seen, time.Now())
	w.mu.Unlock()
	t := w.plan(n, r)
	if t == refused {
		return nil, unreachable
	}
	if t == reset {
		return nil, &net.OpError{Op: "write", Net: "tcp", Err: syscall.ECONNRESET}
	}
	if t == busy {
		return answer(http.StatusServiceUnavailable, "UNAVAILABLE", "Retry-After", "3"), nil
	}
	if t == failed {
		return answer(http.StatusInternalServerError, "INTERNAL_ERROR"), nil
	}
	response, err := w.server.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	return onTheWayBack(t, response)
}

// onTheWayBack is what happens when the server has done it.
func onTheWayBack(t trouble, response *http.Response) (*http.Response, error) {
	if t == lost {
		return nil, io.EOF
	}
	if t == cut {
		response.Body = io.NopCloser(io.MultiReader(io.LimitReader(response.Body, 3), brokenReader{}))
	}
	if t == failedLate {
		response = answer(http.StatusInternalServerError, "INTERNAL_ERROR")
	}
	if t == proxy {
		response = answer(http.StatusGatewayTimeout, "")
		response.Body = readCloser("<html>no answer</html>")
	}
	return response, nil
}

func (w *way) sent() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]time.Time(nil), w.seen...)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// answer is a problem with a header, if it is given.
func answer(status int, code string, header ...string) *http.Response {
	r := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"code":"` + code + `","detail":"told so"}`))}
	if len(header) == 2 {
		r.Header.Set(header[0], header[1])
	}
	return r
}

// answers are a server that always says the same.
type answers func(r *http.Request) (*http.Response, error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

// first has something happen to the first requests, and nothing to the others.
func first(troubles ...trouble) func(int, *http.Request) trouble {
	return func(n int, _ *http.Request) trouble {
		if n < len(troubles) {
			return troubles[n]
		}
		return none
	}
}

// over is a client whose requests take a way.
func over(t *testing.T, w http.RoundTripper, options ...func(*eventlog.Options)) *eventlog.Client {
	t.Helper()
	o := eventlog.Options{HTTP: &http.Client{Transport: w}, Owner: "ours"}
	for _, option := range options {
		option(&o)
	}
	client, err := eventlog.NewClient("http://host", o)
	require.NoError(t, err)
	return client
}

func readCloser(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }
