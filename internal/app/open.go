package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/process"
	"github.com/postlude/postlude/internal/stream"
)

// base is what relay, worker and API have in common: both connections, proved
// to be ours. close ends what is open, the last first.
type base struct {
	pool    *pgxpool.Pool
	nats    *stream.Conn
	streams stream.Config
	metrics *prometheus.Registry
	log     zerolog.Logger
	closers []func()
}

// settings say what to open.
type settings struct {
	name     string
	database Database
	nats     NATS
	async    AsyncEvent
}

const installationSQL = `SELECT id::text FROM installation`

func open(ctx context.Context, s settings, log zerolog.Logger) (*base, error) {
	b := &base{metrics: process.NewRegistry(), log: log.With().Str("program", s.name).Logger()}
	if err := b.open(ctx, s); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *base) open(ctx context.Context, s settings) (err error) {
	b.pool, err = postgres.Connect(ctx, postgres.Config{
		URL: s.database.URL, MaxConns: s.database.MaxConns, ApplicationName: s.name, Lookups: true,
	})
	if err != nil {
		return err
	}
	b.closers = append(b.closers, b.pool.Close)
	if err := postgres.CheckSchema(ctx, b.pool); err != nil {
		return err
	}
	var installation string
	if err := b.pool.QueryRow(ctx, installationSQL).Scan(&installation); err != nil {
		return fmt.Errorf("read installation: %w", err)
	}
	if b.nats, err = stream.Connect(s.nats.dial(s.name), b.log); err != nil {
		return err
	}
	b.closers = append(b.closers, b.nats.Close)
	b.streams, err = s.nats.streams(installation, s.async)
	return err
}

// serveAdmin serves health and metrics until close.
func (b *base) serveAdmin(ctx context.Context, admin process.Admin) error {
	stop, err := admin.Serve(ctx, b.metrics, map[string]process.Check{
		"postgres": func(ctx context.Context) error { return postgres.CheckSchema(ctx, b.pool) },
		"nats":     b.natsConnected,
	}, b.log)
	if err != nil {
		return err
	}
	b.closers = append(b.closers, stop)
	return nil
}

func (b *base) natsConnected(context.Context) error {
	if !b.nats.IsConnected() {
		return fmt.Errorf("nats is %s", b.nats.Status())
	}
	return nil
}

func (b *base) close() {
	for _, closer := range slices.Backward(b.closers) {
		closer()
	}
}
