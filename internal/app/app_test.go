package app_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/examples"
	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/postgrestest"
	"github.com/postlude/postlude/internal/workitem"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// system is a database, a broker and what runs on them.
type system struct {
	pool      *pgxpool.Pool
	processor *asyncevent.Processor
	database  app.Database
	nats      app.NATS
	async     app.AsyncEvent
	broker    *natstest.Server
}

func newSystem(t *testing.T) *system {
	t.Helper()
	db, broker := postgrestest.New(t), natstest.New(t)
	s := &system{
		pool:     db.Pool,
		database: app.Database{URL: db.URL, MaxConns: 8},
		nats:     app.NATS{URL: broker.URL()},
		async:    app.AsyncEvent{Enabled: true, Interval: 1000, Deadlock: 10_000},
		broker:   broker,
	}
	models := catalog.New(s.pool)
	for _, file := range []string{"ticket.bpmn", "order.bpmn", "reminder.bpmn"} {
		source, err := examples.FS.ReadFile(file)
		require.NoError(t, err)
		_, err = models.Deploy(t.Context(), file, source, catalog.Standard())
		require.NoError(t, err)
	}
	clock, err := asyncevent.NewClock(t.Context(), s.pool)
	require.NoError(t, err)
	s.processor = asyncevent.NewProcessor(asyncevent.Config{
		Pool: s.pool, Catalog: models, Clock: clock, Enabled: true, Log: zerolog.Nop(),
	})
	return s
}

func testLog() zerolog.Logger {
	level := zerolog.ErrorLevel
	if os.Getenv("POSTLUDE_TEST_LOG") != "" {
		level = zerolog.DebugLevel
	}
	return zerolog.New(os.Stderr).Level(level).With().Timestamp().Logger()
}

// start runs a part until the test ends; stop ends it sooner.
func start(t *testing.T, run func(context.Context, zerolog.Logger) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := run(ctx, testLog()); err != nil {
			t.Errorf("part ended: %v", err)
		}
	})
	stop = func() { cancel(); wg.Wait() }
	t.Cleanup(stop)
	return stop
}

func (s *system) relay() *app.Relay {
	return &app.Relay{Database: s.database, NATS: s.nats, AsyncEvent: s.async}
}

func (s *system) worker() *app.Worker {
	return &app.Worker{Database: s.database, NATS: s.nats, AsyncEvent: s.async, Drain: 5 * time.Second}
}

func (s *system) process(t *testing.T, model string, task, event int, more workitem.Items) workitem.Items {
	t.Helper()
	items := workitem.Items{workitem.ModelVersion: {model}, workitem.TaskID: {int64(task)}, workitem.EventID: {int64(event)}}
	items.Merge(more)
	got, err := s.processor.Process(t.Context(), items, "anna")
	require.NoError(t, err)
	return got
}

func (s *system) task(t *testing.T, id string) int {
	t.Helper()
	record, err := workitem.Load(t.Context(), s.pool, id)
	require.NoError(t, err)
	return record.Items.Int(workitem.TaskID)
}

func TestAChainOfAsyncEventsRunsToItsEnd(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	start(t, s.relay().Run)
	start(t, s.worker().Run)
	order := s.process(t, "order-1.0", 1000, 10, workitem.Items{"amount": {2000.0}})
	id := order.Text(workitem.UniqueID)
	require.Eventually(t, func() bool { return s.task(t, id) == 5000 }, 20*time.Second, 10*time.Millisecond)
	record, err := workitem.Load(t.Context(), s.pool, id)
	require.NoError(t, err)
	require.Len(t, record.Items.Values(workitem.EventLog), 4)
	var left int
	require.NoError(t, s.pool.QueryRow(t.Context(), "SELECT count(*) FROM eventlog").Scan(&left))
	require.Zero(t, left)
}

// A worker that has nothing to do, or not what it needs, says so in an error and
// leaves nothing behind.
func TestPartsThatCannotStart(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	run := func(change func(*app.Worker)) error {
		w := s.worker()
		change(w)
		return w.Run(t.Context(), zerolog.Nop())
	}
	require.ErrorContains(t, run(func(w *app.Worker) { w.Enabled = false }), "ASYNCEVENT_PROCESSOR_ENABLED=true")
	require.ErrorContains(t, run(func(w *app.Worker) { w.Database.URL = "postgres://nobody@127.0.0.1:1/x" }), "connect to postgres")
	require.ErrorContains(t, run(func(w *app.Worker) { w.NATS.URL = "nats://127.0.0.1:1" }), "connect to nats at nats://127.0.0.1:1")
	require.ErrorContains(t, run(func(w *app.Worker) { w.Database.URL = postgrestest.NewEmpty(t).URL }), "postlude migrate")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.worker().Run(ended, zerolog.Nop()), context.Canceled, "a signal during start-up")
	require.ErrorIs(t, s.relay().Run(ended, zerolog.Nop()), context.Canceled)
}

// Two installations share one NATS server only under prefixes of their own.
func TestTwoInstallationsOnOneBroker(t *testing.T) {
	t.Parallel()
	first, second := newSystem(t), newSystem(t)
	second.nats = first.nats
	// Test databases are copies of one, with its id.
	_, err := second.pool.Exec(t.Context(), "UPDATE installation SET id = gen_random_uuid()")
	require.NoError(t, err)
	start(t, first.relay().Run)
	start(t, first.worker().Run)
	a := first.process(t, "order-1.0", 1000, 10, nil).Text(workitem.UniqueID)
	require.Eventually(t, func() bool { return first.task(t, a) == 5100 }, 20*time.Second, 10*time.Millisecond)

	for _, part := range []func(context.Context, zerolog.Logger) error{second.relay().Run, second.worker().Run} {
		require.ErrorContains(t, part(t.Context(), zerolog.Nop()), "POSTLUDE_PREFIX")
	}
	second.nats.Prefix = "second"
	start(t, second.relay().Run)
	start(t, second.worker().Run)
	b := second.process(t, "order-1.0", 1000, 10, nil).Text(workitem.UniqueID)
	require.Eventually(t, func() bool { return second.task(t, b) == 5100 }, 20*time.Second, 10*time.Millisecond)
}
