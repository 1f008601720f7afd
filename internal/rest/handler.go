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
	"github.com/postlude/postlude/internal/openapi"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

// Limits of bodies, in bytes.
const (
	maxModel = 20 << 20
	maxItems = 8 << 20
)

// defaultTimeout ends a request's work, which begins behind its body, below the write
// timeout of the server.
const defaultTimeout = 30 * time.Second

// Processor processes workitems, as asyncevent.Processor does.
type Processor interface {
	ProcessBy(ctx context.Context, given workitem.Items, by asyncevent.By) (workitem.Items, error)
	ProcessAllBy(ctx context.Context, given []workitem.Items, by asyncevent.By) ([]workitem.Items, error)
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
	// Stopping ends when the API stops: requests that wait are answered then. nil
	// for never.
	Stopping context.Context //nolint:containedctx // it is the life of the API, not of a call
	// Ready answers /readyz, see process.Ready; nil for no such path. Notes are
	// added to what it answers and change nothing about its status.
	Ready http.Handler
	Notes map[string]string
	// MetricsHandler answers /metrics; nil for no such path.
	MetricsHandler http.Handler
	Metrics        *Metrics
	Log            zerolog.Logger
}

// api is the handlers.
type api struct {
	pool      *pgxpool.Pool
	catalog   *catalog.Catalog
	processor Processor
	security  Security
	nobody    auth.Caller // who calls if nobody is asked
	log       zerolog.Logger
	refusals  zerolog.Logger
	watcher   *outbox.Watcher
	waiting   waiting
	turns     turns
	stopping  context.Context //nolint:containedctx // see Config
	timeout   time.Duration
}

// New returns the API. It is safe for concurrent use.
func New(c Config) http.Handler {
	a := &api{
		pool: c.Pool, catalog: c.Catalog, processor: c.Processor,
		security: c.Security, nobody: auth.Nobody(cmp.Or(c.Editor, auth.Anonymous)),
		log: c.Log, refusals: refusalLog(c.Log), watcher: outbox.NewWatcher(c.Pool, 0), stopping: c.Stopping,
	}
	if a.stopping == nil {
		a.stopping = context.Background()
	}
	if a.timeout = c.Timeout; a.timeout <= 0 {
		a.timeout = defaultTimeout
	}
	mux := http.NewServeMux()
	a.mount(mux)
	openapi.Mount(mux)
	mux.HandleFunc("GET /healthz", healthy)
	if c.Ready != nil {
		mux.Handle("GET /readyz", withNotes(c.Ready, c.Notes))
	}
	if c.MetricsHandler != nil {
		mux.Handle("GET /metrics", c.MetricsHandler)
	}
	return a.guarded(routed(mux, c.Metrics), c.LocalOnly)
}
