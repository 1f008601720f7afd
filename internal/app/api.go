package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/process"
	"github.com/postlude/postlude/internal/rest"
)

// API are the flags of workflow-api.
type API struct {
	Database
	NATS
	AsyncEvent
	Kernel
	process.Admin
	process.Log
	process.TLS
	Security
	Address     string        `name:"address" env:"POSTLUDE_API_ADDRESS" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to serve the API; only on this machine without --users, --oidc-issuer or --open (default ${default})."`
	Metrics     bool          `name:"metrics" env:"POSTLUDE_API_METRICS" help:"Serve /metrics at the address of the API too."`
	Drain       time.Duration `name:"drain" env:"POSTLUDE_DRAIN" default:"20s" help:"How long requests in flight may take to finish after a signal to stop."`
	MemoryLimit int64         `name:"memory-limit" env:"POSTLUDE_MEMORY_LIMIT" default:"1073741824" help:"Soft limit of the process's memory in bytes, see GOMEMLIMIT; 0 for none."`
	// Listening is called with the address, once, when it accepts connections;
	// with port 0 it is the way to learn the port. It may be nil.
	Listening func(address string) `kong:"-"`
	// NewTokens makes what proves tokens; nil where none are accepted. It is
	// given by the program, so that not every program that serves the API
	// carries an OpenID Connect library.
	NewTokens NewTokens `kong:"-"`
}

// defaultDrain is for an API that was not made from flags.
const defaultDrain = 20 * time.Second

// Validate implements kong's hook.
func (a *API) Validate() error {
	for _, check := range []func() error{a.Security.Validate, a.TLS.Validate} {
		if err := check(); err != nil {
			return err
		}
	}
	return a.checkAddress(a.Address)
}

// Run serves until the context ends, and then drains.
func (a *API) Run(ctx context.Context, log zerolog.Logger) error {
	if err := a.Validate(); err != nil {
		return err
	}
	security, err := a.rest(a.NewTokens, log)
	if err != nil {
		return err
	}
	if a.MemoryLimit > 0 {
		debug.SetMemoryLimit(a.MemoryLimit)
	}
	b, err := open(ctx, settings{name: "workflow-api", database: a.Database, nats: a.NATS, async: a.AsyncEvent}, log)
	if err != nil {
		return err
	}
	defer b.close()
	processor, clock, err := b.processor(ctx, a.Enabled, a.Kernel, asyncevent.NewMetrics(b.metrics))
	if err != nil {
		return err
	}
	if err := b.serveAdmin(ctx, a.Admin); err != nil {
		return err
	}
	listener, err := a.listen(ctx, b.log)
	if err != nil {
		return err
	}

	measured, enough := context.WithCancel(ctx)
	var measuring sync.WaitGroup
	measuring.Go(func() { clock.Run(measured, b.log) })
	defer measuring.Wait()
	defer enough()
	b.log.Info().Str("address", listener.Addr().String()).Bool("async_events", a.Enabled).Msg("api started")
	defer b.log.Info().Msg("api stopped")
	if a.Listening != nil {
		a.Listening(listener.Addr().String())
	}
	server := process.HTTP{Write: 90 * time.Second, Drain: cmp.Or(a.Drain, defaultDrain)}
	return server.Serve(ctx, listener, a.handler(ctx, b, processor, security), b.log)
}

// listen opens the address, with TLS if there is a certificate.
func (a *API) listen(ctx context.Context, log zerolog.Logger) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Address)
	if err != nil {
		return nil, fmt.Errorf("serve http: %w", err)
	}
	encrypted, err := a.Listener(listener, log)
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	a.tell(a.Address, a.Encrypts(), log)
	return encrypted, nil
}

func (a *API) handler(ctx context.Context, b *base, processor *asyncevent.Processor, security rest.Security) http.Handler {
	config := rest.Config{
		Pool:      b.pool,
		Catalog:   catalog.New(b.pool),
		Processor: processor,
		Security:  security,
		LocalOnly: !a.Open && !a.authenticates(),
		Stopping:  ctx,
		Ready: process.Ready(ctx, map[string]process.Check{
			"postgres": b.databaseReady,
			"nats":     b.natsConnected,
		}),
		Metrics: rest.NewMetrics(b.metrics),
		Log:     b.log,
	}
	if !a.Enabled {
		config.Notes = map[string]string{
			"async_events": "not armed: ASYNCEVENT_PROCESSOR_ENABLED is not true",
		}
	}
	if a.Metrics {
		config.MetricsHandler = promhttp.HandlerFor(b.metrics, promhttp.HandlerOpts{})
	}
	return rest.New(config)
}

// errDatabaseAway is all that clients are told: the driver's errors name hosts
// and users.
var errDatabaseAway = errors.New("the database cannot be reached")

// databaseReady is the check of the database for clients of the API.
func (b *base) databaseReady(ctx context.Context) error {
	err := postgres.CheckSchema(ctx, b.pool)
	var schema *postgres.SchemaError
	if err == nil || errors.As(err, &schema) {
		return err
	}
	return errDatabaseAway
}
