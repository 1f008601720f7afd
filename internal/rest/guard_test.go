package rest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/rest"
	"github.com/postlude/postlude/internal/workitem"
)

func TestPathsAndMethodsThatThereAreNot(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.get(t, "/").requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	s.get(t, "/api/workflow").requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	s.get(t, "/metrics").requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	got := s.do(t, http.MethodDelete, "/api/workflow/workitem/x", "", "")
	got.requireProblem(t, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	require.Equal(t, "GET, HEAD, POST, PUT", got.header.Get("Allow"))
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	for _, path := range []string{"/healthz", "/api/model", "/api/model/ticket-1.0/bpmn", "/api/workflow/workitem/none", "/none"} {
		got := s.get(t, path)
		require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-store", got.header.Get("Cache-Control"), path)
		require.Contains(t, got.header.Get("Content-Security-Policy"), "default-src 'none'", path)
	}
}

func TestPagesOfOtherSitesAreKeptOut(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	const path, items = "/api/workflow/workitem", `{"$modelversion":"ticket-1.0","$taskid":1000,"$eventid":10}`
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://evil.example"}} {
		s.do(t, http.MethodPost, path, "application/json", items, header...).requireProblem(t, http.StatusForbidden, "CROSS_ORIGIN")
	}
	require.Equal(t, 3, strings.Count(s.log.String(), `"path":"/api/workflow/workitem","status":403`))
	s.do(t, http.MethodPost, path, "application/json", items, "Sec-Fetch-Site", "same-origin").items(t)
}

// Browsers are told to come by TLS only where they have come by it, and not about
// all that runs on their own machine.
func TestBrowsersComeBackByTLS(t *testing.T) {
	t.Parallel()
	api := rest.New(rest.Config{})
	for address, want := range map[string]string{
		"https://api.example/healthz": "max-age=15552000", "https://api.example:8443/none": "max-age=15552000",
		"http://api.example/healthz": "", "https://localhost:8443/healthz": "", "https://127.0.0.1/healthz": "",
	} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody))
		require.Equal(t, want, w.Header().Get("Strict-Transport-Security"), address)
	}
}

func TestOtherHostNamesAreKeptOut(t *testing.T) {
	t.Parallel()
	local, open := newServer(t), newServer(t, func(c *rest.Config) { c.LocalOnly = false })
	for _, host := range []string{"evil.example", "evil.example:8080", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example"} {
		local.get(t, "/api/model", "Host", host).requireProblem(t, http.StatusMisdirectedRequest, "FOREIGN_HOST")
		require.Equal(t, http.StatusOK, open.get(t, "/api/model", "Host", host).status, host)
	}
	require.Equal(t, 5, strings.Count(local.log.String(), `"path":"/api/model","status":421`))
	for _, host := range []string{"localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]", "[::1]:8080", "127.9.9.9"} {
		require.Equal(t, http.StatusOK, local.get(t, "/api/model", "Host", host).status, host)
	}
}

// broken is a processor that does not.
type broken func(ctx context.Context) error

func (b broken) ProcessBy(ctx context.Context, _ workitem.Items, _ asyncevent.By) (workitem.Items, error) {
	return nil, b(ctx)
}

func (b broken) ProcessAllBy(ctx context.Context, _ []workitem.Items, _ asyncevent.By) ([]workitem.Items, error) {
	return nil, b(ctx)
}

func TestAPanicIs500AndTheServerGoesOn(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *rest.Config) { c.Processor = broken(func(context.Context) error { panic("secret") }) })
	got := s.post(t, "/api/workflow/workitem", `{}`)
	got.requireProblem(t, http.StatusInternalServerError, "INTERNAL_ERROR")
	require.NotContains(t, got.body, "secret")
	require.Contains(t, s.log.String(), "request panicked")
	require.Contains(t, s.log.String(), `"caller":"anonymous","remote":"127.0.0.1`)
	require.Contains(t, s.log.String(), `"path":"/api/workflow/workitem","status":500`)
	require.Equal(t, http.StatusOK, s.get(t, "/healthz").status)
}

func TestAnUnknownErrorIs500AndOnlyLogged(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *rest.Config) {
		c.Processor = broken(func(context.Context) error { return errors.New("secret of the server") })
	})
	got := s.post(t, "/api/workflow/workitem", `{}`)
	got.requireProblem(t, http.StatusInternalServerError, "INTERNAL_ERROR")
	require.NotContains(t, got.body, "secret")
	require.Contains(t, s.log.String(), "secret of the server")
}

func TestADatabaseThatIsAwayIs503(t *testing.T) {
	t.Parallel()
	nowhere, err := pgxpool.New(t.Context(), "postgres://somebody:pass@127.0.0.1:1/none")
	require.NoError(t, err)
	t.Cleanup(nowhere.Close)
	s := newServer(t, func(c *rest.Config) { c.Pool, c.Catalog = nowhere, catalog.New(nowhere) })
	for _, path := range []string{"/api/eventlog", "/api/model", "/api/model/x/bpmn", "/api/workflow/workitem/x"} {
		got := s.get(t, path)
		p := got.requireProblem(t, http.StatusServiceUnavailable, "UNAVAILABLE")
		require.NotContains(t, p.Detail, "127.0.0.1")
		require.NotContains(t, p.Detail, "somebody")
		require.Equal(t, "2", got.header.Get("Retry-After"))
	}
}

func TestARequestThatTakesTooLongIs503(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *rest.Config) { c.Timeout = 50 * time.Millisecond })
	tx, err := s.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(t.Context())) }()
	_, err = tx.Exec(t.Context(), "LOCK TABLE eventlog")
	require.NoError(t, err)
	got := s.get(t, "/api/eventlog")
	got.requireProblem(t, http.StatusServiceUnavailable, "TIMEOUT")
	require.Equal(t, "2", got.header.Get("Retry-After"))
}

func TestRequestsAreTimedByRoute(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	s := newServer(t, func(c *rest.Config) { c.Metrics = rest.NewMetrics(registry) })
	s.get(t, "/api/eventlog/a")
	s.get(t, "/api/eventlog/b")
	s.get(t, "/api/eventlog/b?pageSize=x")
	s.get(t, "/whatever")
	count, err := testutil.GatherAndCount(registry, "postlude_api_request_seconds")
	require.NoError(t, err)
	require.Equal(t, 3, count, "routes and statuses, not addresses")
}

func TestReadinessShowsNotesAndKeepsItsStatus(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusServiceUnavailable} {
		ready := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"postgres":"ok"}`))
		})
		api := rest.New(rest.Config{Ready: ready, Notes: map[string]string{"async_events": "not armed"}})
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", http.NoBody))
		require.Equal(t, status, w.Code)
		require.JSONEq(t, `{"postgres":"ok","async_events":"not armed"}`, w.Body.String())
	}
}
