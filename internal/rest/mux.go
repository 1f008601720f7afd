package rest

import (
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics time the requests. A nil value times nothing.
type Metrics struct {
	seconds *prometheus.HistogramVec
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "postlude_api_request_seconds",
		Help:    "Requests by route and status, and how long they took.",
		Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
	}, []string{"route", "status"})}
	reg.MustRegister(m.seconds)
	return m
}

func (m *Metrics) observe(route string, status int, took time.Duration) {
	if m != nil {
		m.seconds.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
	}
}

// routed hands a request to its route, and answers with a problem where there is
// none.
func routed(mux *http.ServeMux, metrics *Metrics) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, seen := time.Now(), &statusWriter{ResponseWriter: w, status: http.StatusOK}
		none, route := mux.Handler(r)
		if trimmed, ok := withoutSlash(r); ok && route == "" {
			r = trimmed
			none, route = mux.Handler(r)
		}
		if route == "" || !isTidy(r) {
			unrouted(seen, r, none)
		} else {
			mux.ServeHTTP(seen, r)
		}
		metrics.observe(route, seen.status, time.Since(began))
	})
}

// isTidy says whether a path is written as it is meant: the mux would send the client
// from others to that, with a page.
func isTidy(r *http.Request) bool {
	written := r.URL.EscapedPath()
	tidy := path.Clean(written)
	return written == tidy || written == tidy+"/"
}

// withoutSlash takes the slash off the end of a path: Imixs' clients send some with
// one, and its server does not care.
func withoutSlash(r *http.Request) (*http.Request, bool) {
	trimmedPath, ok := strings.CutSuffix(r.URL.Path, "/")
	if !ok || trimmedPath == "" {
		return r, false
	}
	address := *r.URL
	address.Path, address.RawPath = trimmedPath, strings.TrimSuffix(address.RawPath, "/")
	trimmed := r.WithContext(r.Context())
	trimmed.URL = &address
	return trimmed, true
}

// unrouted answers for a path or a method that there is not. The mux knows which
// of them it is, and which methods there are, but says so in plain text.
func unrouted(w http.ResponseWriter, r *http.Request, none http.Handler) {
	said := http.Header{}
	silent := &statusWriter{ResponseWriter: discard{said}}
	none.ServeHTTP(silent, r)
	if silent.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", said.Get("Allow"))
		writeProblem(w, r, newProblem(http.StatusMethodNotAllowed, codeMethod, "this path allows "+said.Get("Allow")))
		return
	}
	writeProblem(w, r, newProblem(http.StatusNotFound, codeNotFound, "there is no such path"))
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// discard keeps the headers of an answer and drops the rest.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
