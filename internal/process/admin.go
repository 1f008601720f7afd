package process

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
)

// Admin are the flags of the health and metrics endpoint.
type Admin struct {
	Address string `name:"admin-address" env:"POSTLUDE_ADMIN_ADDRESS" placeholder:"HOST:PORT" help:"Where to serve /healthz, /readyz and /metrics; nowhere by default."`
}

// NewRegistry returns a registry with the metrics of the process itself.
func NewRegistry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return reg
}

// Serve serves the endpoint until the context ends. It does nothing without an
// address. /healthz answers 200 as long as the process does; /readyz answers 503
// with the reasons while a check fails, and once the context has ended.
func (a Admin) Serve(ctx context.Context, reg prometheus.Gatherer, checks map[string]Check, log zerolog.Logger) (stop func(), err error) {
	if a.Address == "" {
		return func() {}, nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.Handle("GET /readyz", Ready(ctx, checks))
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Address)
	if err != nil {
		return nil, fmt.Errorf("serve http: %w", err)
	}
	log = log.With().Str("endpoint", "admin").Logger()
	log.Info().Str("address", listener.Addr().String()).Msg("http server listening")
	// It outlives the context: /readyz is to say that the process is stopping.
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	var server sync.WaitGroup
	server.Go(func() {
		if err := (HTTP{Write: time.Minute, Drain: 10 * time.Second}).Serve(serving, listener, mux, log); err != nil {
			log.Error().Err(err).Msg("http server ended")
		}
	})
	return func() { end(); server.Wait() }, nil
}

// Ready answers 200 if all checks pass, else 503 with what each of them says. The
// answer may be a second old; that the process is stopping is known at once.
func Ready(running context.Context, checks map[string]Check) http.Handler {
	made := make(map[string]Check, len(checks))
	for name, check := range checks {
		made[name] = check.atTimes()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, answer := http.StatusOK, map[string]string{}
		if running.Err() != nil {
			status, answer["process"] = http.StatusServiceUnavailable, "stopping"
		}
		for name, check := range made {
			answer[name] = "ok"
			if err := check(r.Context()); err != nil { //nolint:contextcheck // the request bounds the check; running only says whether we stop
				status, answer[name] = http.StatusServiceUnavailable, err.Error()
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer)
	})
}
