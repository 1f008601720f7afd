package rest

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

// Limits of bodies, in bytes.
const (
	maxModel = 20 << 20
	maxItems = 8 << 20
)

// defaultTimeout ends a request's work, below the write timeout of the server.
const defaultTimeout = 30 * time.Second

// Processor processes workitems, as asyncevent.Processor does.
type Processor interface {
	ProcessBy(ctx context.Context, given workitem.Items, by asyncevent.By) (workitem.Items, error)
}

// Config is what the API is made of. Pool, Catalog and Processor are required.
type Config struct {
	Pool      *pgxpool.Pool
	Catalog   *catalog.Catalog
	Processor Processor
	// Security says who may do what. The zero value asks nobody, and everybody
	// may do everything.
	Security Security
	// Editor is the name of every caller if nobody is asked; "" stands for
	// [auth.Anonymous].
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
	security  Security
	nobody    auth.Caller // who calls if nobody is asked
	log       zerolog.Logger
	refusals  zerolog.Logger
}

// New returns the API. It is safe for concurrent use.
func New(c Config) http.Handler {
	a := &api{
		pool: c.Pool, catalog: c.Catalog, processor: c.Processor, outbox: outbox.NewStore(c.Pool),
		security: c.Security, nobody: auth.Nobody(cmp.Or(c.Editor, auth.Anonymous)),
		log: c.Log, refusals: refusalLog(c.Log),
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
		"POST /api/model/bpmn":          a.needs(auth.Manager, a.deployModel),
		"PUT /api/model/bpmn":           a.needs(auth.Manager, a.deployModel),
		"POST /api/model/bpmn/{file}":   a.needs(auth.Manager, a.deployModel),
		"PUT /api/model/bpmn/{file}":    a.needs(auth.Manager, a.deployModel),
		"GET /api/model":                a.needs(auth.Reader, a.listModels),
		"GET /api/model/{$}":            a.needs(auth.Reader, a.listModels),
		"GET /api/model/{version}/bpmn": a.needs(auth.Reader, a.modelSource),

		"POST /api/workflow/workitem":            a.needs(auth.Reader, a.processWorkitem),
		"PUT /api/workflow/workitem":             a.needs(auth.Reader, a.processWorkitem),
		"POST /api/workflow/workitem/{uniqueid}": a.needs(auth.Reader, a.processWorkitem),
		"PUT /api/workflow/workitem/{uniqueid}":  a.needs(auth.Reader, a.processWorkitem),
		"GET /api/workflow/workitem/{uniqueid}":  a.needs(auth.Reader, a.readWorkitem),

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
