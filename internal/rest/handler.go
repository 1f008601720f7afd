package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

// Anonymous is the caller as long as nobody is authenticated.
const Anonymous = "anonymous"

// Limits of bodies, in bytes.
const (
	maxModel = 20 << 20
	maxItems = 8 << 20
)

// defaultTimeout ends a request's work, below the write timeout of the server.
const defaultTimeout = 30 * time.Second

// Processor processes workitems, as asyncevent.Processor does.
type Processor interface {
	Process(ctx context.Context, given workitem.Items, editor string) (workitem.Items, error)
}

// Config is what the API is made of. Pool, Catalog and Processor are required.
type Config struct {
	Pool      *pgxpool.Pool
	Catalog   *catalog.Catalog
	Processor Processor
	// Editor is the name of every caller; "" stands for [Anonymous].
	Editor string
	// LocalOnly refuses requests for another host than this machine: the name
	// of a web page can be made to point here.
	LocalOnly bool
	// Timeout ends the work on one request; 0 means 30 s.
	Timeout time.Duration
	// Ready answers /readyz, see process.Ready; nil for no such path. Notes are
	// added to what it answers and change nothing about its status.
	Ready http.Handler
	Notes map[string]string
	// MetricsHandler answers /metrics; nil for no such path.
	MetricsHandler http.Handler
	Metrics        *Metrics
	Log            zerolog.Logger
}

// api is the handlers. It is not changed once made.
type api struct {
	pool      *pgxpool.Pool
	catalog   *catalog.Catalog
	processor Processor
	outbox    *outbox.Store
	editor    string
	log       zerolog.Logger
}

// New returns the API. It is safe for concurrent use.
func New(c Config) http.Handler {
	a := &api{
		pool: c.Pool, catalog: c.Catalog, processor: c.Processor, outbox: outbox.NewStore(c.Pool),
		editor: c.Editor, log: c.Log,
	}
	if a.editor == "" {
		a.editor = Anonymous
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	mux := http.NewServeMux()
	a.routes(mux)
	mux.HandleFunc("GET /healthz", healthy)
	if c.Ready != nil {
		mux.Handle("GET /readyz", withNotes(c.Ready, c.Notes))
	}
	if c.MetricsHandler != nil {
		mux.Handle("GET /metrics", c.MetricsHandler)
	}
	return a.guarded(routed(mux, c.Metrics), timeout, c.LocalOnly)
}

func (a *api) routes(mux *http.ServeMux) {
	for pattern, handle := range map[string]handler{
		"POST /api/model/bpmn":          a.deployModel,
		"PUT /api/model/bpmn":           a.deployModel,
		"POST /api/model/bpmn/{file}":   a.deployModel,
		"PUT /api/model/bpmn/{file}":    a.deployModel,
		"GET /api/model":                a.listModels,
		"GET /api/model/{$}":            a.listModels,
		"GET /api/model/{version}/bpmn": a.modelSource,

		"POST /api/workflow/workitem":            a.processWorkitem,
		"PUT /api/workflow/workitem":             a.processWorkitem,
		"POST /api/workflow/workitem/{uniqueid}": a.processWorkitem,
		"PUT /api/workflow/workitem/{uniqueid}":  a.processWorkitem,
		"GET /api/workflow/workitem/{uniqueid}":  a.readWorkitem,

		"GET /api/eventlog":          a.listEntries,
		"GET /api/eventlog/{$}":      a.listEntries,
		"GET /api/eventlog/{topics}": a.listEntries,
	} {
		mux.Handle(pattern, a.answering(handle))
	}
}

// handler answers a request, or returns why not and has written nothing.
type handler func(w http.ResponseWriter, r *http.Request) error

func (a *api) answering(handle handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := handle(w, r); err != nil {
			a.refuse(w, r, err)
		}
	})
}
