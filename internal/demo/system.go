package demo

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/examples"
	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/natsserver"
	"github.com/postlude/postlude/internal/postgres"
)

// System is Postgres, NATS, a relay, workers and the workflow API. All but
// Postgres run in this process.
type System struct {
	DatabaseURL string
	NATSURL     string
	APIURL      string

	pool     *pgxpool.Pool
	releases releases
	// failed carries the first end of a part that should have gone on.
	failed chan error
	// oneClock says that Postgres runs on this machine, by the same clock.
	oneClock bool
	log      zerolog.Logger
}

// Start starts everything, in the order in which the parts need each other, and
// deploys the example models. The context bounds the start, not the life of the
// system; when Start returns an error nothing is left.
func Start(ctx context.Context, place Place, log zerolog.Logger) (*System, error) {
	s := &System{failed: make(chan error, 1), log: log}
	for _, step := range []func(context.Context, Place) error{
		s.startDatabase, s.startNATS, s.startRelay, s.startWorkers, s.startAPI,
	} {
		if err := step(ctx, place); err != nil {
			_ = s.Stop() // the first error is the one to tell
			return nil, err
		}
	}
	return s, nil
}

// Stop ends everything in the reverse order: what takes in work first, what the
// others need last.
func (s *System) Stop() error {
	return s.releases.run(func(name string) { s.log.Info().Str("part", name).Msg("part stopped") })
}

// fail tells that a part has ended by itself.
func (s *System) fail(err error) {
	select {
	case s.failed <- err:
	default: // one error is enough
	}
}

// watch fails the system when a server ends before its release.
func (s *System) watch(name string, done <-chan struct{}) {
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-done:
			s.fail(fmt.Errorf("%s ended unexpectedly", name))
		case <-stop:
		}
	}()
	s.releases.add("watch of "+name, func() error { close(stop); <-ended; return nil })
}

func (s *System) startDatabase(ctx context.Context, place Place) error {
	start := s.startPostgres
	if place.DatabaseURL != "" {
		start = s.createDatabase
	}
	if err := start(ctx, place); err != nil {
		return err
	}
	if _, err := postgres.Migrate(ctx, s.DatabaseURL, s.log); err != nil {
		return err
	}
	var err error
	s.pool, err = postgres.Connect(ctx, postgres.Config{URL: s.DatabaseURL, MaxConns: 4, ApplicationName: "postlude demo"})
	if err != nil {
		return err
	}
	s.releases.add("connections", func() error { s.pool.Close(); return nil })
	return deployExamples(ctx, s.pool)
}

func deployExamples(ctx context.Context, pool *pgxpool.Pool) error {
	models := catalog.New(pool)
	names, err := fs.Glob(examples.FS, "*.bpmn")
	if err != nil {
		return fmt.Errorf("list example models: %w", err)
	}
	for _, name := range names {
		source, err := examples.FS.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read example model: %w", err)
		}
		if _, err := models.Deploy(ctx, name, source, catalog.Standard()); err != nil {
			return err
		}
	}
	return nil
}

func (s *System) startNATS(_ context.Context, place Place) error {
	dir, err := place.directory("nats")
	if err != nil {
		return err
	}
	server, err := natsserver.Start(natsserver.Options{Dir: dir, Port: place.NATSPort})
	if err != nil {
		return err
	}
	s.releases.add("nats", server.Stop)
	s.NATSURL = server.URL()
	return nil
}

func (s *System) database() app.Database {
	return app.Database{URL: s.DatabaseURL, MaxConns: 8}
}

func (s *System) nats() app.NATS { return app.NATS{URL: s.NATSURL} }

// async has Imixs' defaults, but is enabled.
func (s *System) async() app.AsyncEvent {
	return app.AsyncEvent{Enabled: true, Interval: 1000, Deadlock: 60_000}
}

func (s *System) startRelay(ctx context.Context, _ Place) error {
	relay := &app.Relay{Database: s.database(), NATS: s.nats(), AsyncEvent: s.async()}
	s.startPart(ctx, "relay", relay.Run)
	return nil
}

func (s *System) startWorkers(ctx context.Context, place Place) error {
	for n := range place.Workers {
		worker := &app.Worker{Database: s.database(), NATS: s.nats(), AsyncEvent: s.async(), Drain: 10 * time.Second}
		s.startPart(ctx, fmt.Sprintf("worker %d", n+1), worker.Run)
	}
	return s.awaitWorkers(ctx, place.Workers)
}
