package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
	"github.com/postlude/postlude/examples/internal/programtest"
	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/postgrestest"
)

func TestMain(m *testing.M) { programtest.Main(m, main) }

// install starts an installation, and returns the address of its API.
func install(t *testing.T) string {
	t.Helper()
	listening := make(chan string, 1)
	api := &app.API{
		Database: app.Database{URL: postgrestest.New(t).URL, MaxConns: 8}, NATS: app.NATS{URL: natstest.New(t).URL()},
		Address: "127.0.0.1:0", Drain: 5 * time.Second, Listening: func(address string) { listening <- address },
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- api.Run(ctx, zerolog.Nop()) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-ended) })
	select {
	case address := <-listening:
		return "http://" + address
	case err := <-ended:
		ended <- err
		require.FailNow(t, "the API ended", "%v", err)
		return ""
	}
}

// way is a way to an installation on which things happen to requests. meddle says
// whether it has dealt with a request itself.
func way(t *testing.T, address string, meddle func(w http.ResponseWriter, r *http.Request, proxy http.Handler) bool) string {
	t.Helper()
	target, err := url.Parse(address)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !meddle(w, r, proxy) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(listening.Close)
	return listening.URL
}

// deaths are where the exchange is killed: when it wants to delete what it has
// created at the other side.
type deaths struct {
	mu   sync.Mutex
	left int
	now  chan struct{}
}

func (d *deaths) meddle(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
	d.mu.Lock()
	dies := r.Method == http.MethodDelete && d.left > 0
	d.mu.Unlock()
	if dies {
		select {
		case d.now <- struct{}{}:
		case <-r.Context().Done():
		}
		<-r.Context().Done() // the request dies with the exchange
	}
	return dies
}

// creations are the requests that create, some of which lose their answers.
type creations struct {
	mu    sync.Mutex
	byKey map[string]int
	all   int
}

func (c *creations) meddle(w http.ResponseWriter, r *http.Request, proxy http.Handler) bool {
	c.mu.Lock()
	c.all++
	c.byKey[r.Header.Get("Idempotency-Key")]++
	drop := c.all%5 == 0
	c.mu.Unlock()
	if drop {
		proxy.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) // breaks the connection
	}
	return false
}

func TestEveryEntryArrivesOnceHoweverOftenTheExchangeDies(t *testing.T) {
	t.Parallel()
	const entries, kills = 60, 4
	a, b := install(t), install(t)
	d := &deaths{left: kills, now: make(chan struct{})}
	c := &creations{byKey: map[string]int{}}
	args := []string{
		"--from", way(t, a, d.meddle), "--to", way(t, b, c.meddle), "--topic", "invoice.sent", "--as", "a.invoice.sent",
		"--lease", "10s", "--concurrency", "4",
	}
	from, err := eventlog.NewClient(a, eventlog.Options{})
	require.NoError(t, err)
	defer from.Close()
	want := map[string]eventlog.Entry{}
	for i := range entries {
		id, err := from.Create(t.Context(), eventlog.Event{
			Topic: "invoice.sent", Ref: fmt.Sprintf("invoice %d", i), Data: json.RawMessage(fmt.Sprintf(`{"number":[%d]}`, i)),
			Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		})
		require.NoError(t, err)
		entry, err := from.Get(t.Context(), id)
		require.NoError(t, err)
		want[entry.Ref] = entry
	}

	for range kills {
		program := programtest.Start(t, nil, args...)
		<-d.now
		program.Kill()
		d.mu.Lock()
		d.left--
		d.mu.Unlock()
	}
	program := programtest.Start(t, nil, args...)
	require.Eventually(t, func() bool {
		for _, err := range from.Entries(t.Context(), eventlog.Query{}) {
			require.NoError(t, err)
			return false
		}
		return true
	}, 60*time.Second, 20*time.Millisecond, "nothing is left here")
	require.Zero(t, program.Stop())

	to, err := eventlog.NewClient(b, eventlog.Options{})
	require.NoError(t, err)
	defer to.Close()
	arrived := 0
	for entry, err := range to.Entries(t.Context(), eventlog.Query{}) {
		require.NoError(t, err)
		sent := want[entry.Ref]
		require.Equal(t, "a.invoice.sent", entry.Topic)
		require.JSONEq(t, string(sent.Data), string(entry.Data))
		require.True(t, sent.Due.Equal(entry.Due))
		require.Equal(t, sent.Traceparent, entry.Traceparent)
		delete(want, entry.Ref)
		arrived++
	}
	require.Empty(t, want, "every entry has arrived")
	require.Equal(t, entries, arrived, "and once")
	repeated := 0
	for _, times := range c.byKey {
		repeated += times - 1
	}
	require.GreaterOrEqual(t, repeated, kills, "creations were repeated, or this test tests nothing")
	t.Logf("%d entries, %d kills, %d creations repeated", entries, kills, repeated)
}

func TestStartsThatAreRefused(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]struct {
		status int
		output string
	}{
		"":           {2, "--from, --to and --topic are needed"},
		"--nonsense": {2, "nonsense"},
		"--lease x":  {2, "lease"},
		"--from http://a --to http://b --topic t invoice.sent":     {2, `nobody knows "invoice.sent"`},
		"--from http://a --to http://b --topic t --lease 1s":       {1, "the lease 1s is not from 5s"},
		"--from a --to http://b --topic t":                         {1, "the address is not as https://host:port"},
		"--from http://a --to b --topic t":                         {1, "the address is not as https://host:port"},
		"--from http://a --to http://b --topic t --concurrency -1": {1, "concurrency"},
	} {
		var stderr strings.Builder
		status := run(t.Context(), strings.Fields(args), func(string) string { return "" }, &stderr)
		require.Equal(t, want.status, status, args)
		require.Contains(t, stderr.String(), want.output)
	}
}
