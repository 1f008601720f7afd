package integration

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/examples"
	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/natsserver"
	"github.com/postlude/postlude/internal/pgserver"
	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/stream"
	"github.com/postlude/postlude/internal/workitem"
)

// bed is a durable Postgres, a broker and the example models, for figures: with
// fsync and synchronous_commit as a server has them by default.
type bed struct {
	pool      *pgxpool.Pool
	processor *asyncevent.Processor
	relay     *app.Relay
	worker    *app.Worker
}

func newBed(b *testing.B) *bed {
	b.Helper()
	ctx := b.Context()
	pg, err := pgserver.Start(ctx, pgserver.Options{Settings: map[string]string{"shared_buffers": "512MB", "max_wal_size": "4GB", "track_commit_timestamp": "on"}})
	require.NoError(b, err)
	b.Cleanup(func() { _ = pg.Stop(context.WithoutCancel(ctx)) })
	broker, err := natsserver.Start(natsserver.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { _ = broker.Stop() })
	_, err = postgres.Migrate(ctx, pg.URL(), zerolog.Nop())
	require.NoError(b, err)
	pool, err := postgres.Connect(ctx, postgres.Config{URL: pg.URL(), MaxConns: 8})
	require.NoError(b, err)
	b.Cleanup(pool.Close)
	var durable string
	require.NoError(b, pool.QueryRow(ctx, "SELECT current_setting('synchronous_commit') || ' ' || current_setting('fsync')").Scan(&durable))
	require.Equal(b, "on on", durable)

	models := catalog.New(pool)
	order, err := examples.FS.ReadFile("order.bpmn")
	require.NoError(b, err)
	immediate, err := os.ReadFile("testdata/immediate-boundary-event.bpmn")
	require.NoError(b, err)
	for _, source := range [][]byte{order, immediate} {
		_, err = models.Deploy(ctx, "model", source, catalog.Standard())
		require.NoError(b, err)
	}
	clock, err := asyncevent.NewClock(ctx, pool)
	require.NoError(b, err)
	nc, err := stream.Connect(stream.Dial{URL: broker.URL(), Name: "bench"}, zerolog.Nop())
	require.NoError(b, err)
	b.Cleanup(nc.Close)
	async := app.AsyncEvent{Enabled: true, Interval: 1000, Deadlock: 60_000}
	return &bed{
		pool: pool,
		processor: asyncevent.NewProcessor(asyncevent.Config{
			Pool: pool, Catalog: models, Clock: clock, Enabled: true, Log: zerolog.Nop(),
			Ring: stream.NewBell(nc, stream.Names{}).Ring,
		}),
		relay:  &app.Relay{Database: app.Database{URL: pg.URL(), MaxConns: 8}, NATS: app.NATS{URL: broker.URL()}, AsyncEvent: async},
		worker: &app.Worker{Database: app.Database{URL: pg.URL(), MaxConns: 8}, NATS: app.NATS{URL: broker.URL()}, AsyncEvent: async, Drain: 5 * time.Second},
	}
}

func (d *bed) start(b *testing.B) (stop func()) {
	b.Helper()
	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = d.relay.Run(ctx, log) })
	wg.Go(func() { _ = d.worker.Run(ctx, log) })
	return func() { cancel(); wg.Wait() }
}

const cloneWorkitemsSQL = `
INSERT INTO workitem
SELECT
    n.id,
    w.version,
    w.transaction_id,
    w.armed_by,
    w.model_version,
    w.task_id,
    w.type,
    w.workflow_group,
    w.created,
    w.modified,
    replace(w.items::text, w.uniqueid, n.id)::json,
    w.creator,
    w.owners,
    w.writers,
    w.readers,
    w.refs
FROM workitem w
CROSS JOIN (SELECT gen_random_uuid()::text AS id FROM generate_series(1, $2)) n
WHERE w.uniqueid = $1`

const cloneEntriesSQL = `
INSERT INTO eventlog (topic, ref, due, data, armed_by, dispatch_at)
SELECT
    e.topic,
    w.uniqueid,
    e.due,
    e.data,
    e.armed_by,
    e.dispatch_at
FROM eventlog e
JOIN workitem w ON w.uniqueid <> e.ref
WHERE e.ref = $1`

// BenchmarkDrain: a backlog of orders, each with a chain of three immediate
// async events, is drained by one relay and one worker.
func BenchmarkDrain(b *testing.B) {
	const orders = 10_000
	d := newBed(b)
	for b.Loop() {
		b.StopTimer()
		ctx := b.Context()
		_, err := d.pool.Exec(ctx, "TRUNCATE workitem, eventlog")
		require.NoError(b, err)
		first, err := d.processor.Process(ctx, workitem.Items{
			workitem.ModelVersion: {"order-1.0"}, workitem.TaskID: {int64(1000)}, workitem.EventID: {int64(10)}, "amount": {20.0},
		}, "anna")
		require.NoError(b, err)
		_, err = d.pool.Exec(ctx, cloneWorkitemsSQL, first.Text(workitem.UniqueID), orders-1)
		require.NoError(b, err)
		_, err = d.pool.Exec(ctx, cloneEntriesSQL, first.Text(workitem.UniqueID))
		require.NoError(b, err)
		b.StartTimer()

		began := time.Now()
		stop := d.start(b)
		left := true
		for left {
			<-time.After(20 * time.Millisecond)
			require.NoError(b, d.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM eventlog)").Scan(&left))
		}
		took := time.Since(began)
		stop()
		var done int
		require.NoError(b, d.pool.QueryRow(ctx, "SELECT count(*) FROM workitem WHERE task_id = 5100 AND json_array_length(items->'$eventlog') = 4").Scan(&done))
		require.Equal(b, orders, done)
		b.ReportMetric(3*orders/took.Seconds(), "events/s")
	}
}

const commitTimesSQL = `
SELECT
    uniqueid,
    pg_xact_commit_timestamp(xmin)
FROM workitem
WHERE task_id = 1200`

// BenchmarkLatency: the time from the commit that arms an immediate event to the
// commit of its effect, at 200 events a second.
func BenchmarkLatency(b *testing.B) {
	const rate, seconds = 200, 5
	d := newBed(b)
	stop := d.start(b)
	defer stop()
	for b.Loop() {
		committed := d.produce(b, rate, seconds)
		require.Eventually(b, func() bool {
			left := true
			return d.pool.QueryRow(b.Context(), "SELECT EXISTS (SELECT FROM eventlog)").Scan(&left) == nil && !left
		}, 10*time.Second, 10*time.Millisecond)
		latencies := d.latencies(b, committed)
		require.Len(b, latencies, rate*seconds)
		b.ReportMetric(float64(latencies[len(latencies)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(latencies[len(latencies)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64(latencies[len(latencies)-1].Microseconds())/1000, "max-ms")
	}
}

// produce processes workitems at a steady rate and returns when each had
// committed.
func (d *bed) produce(b *testing.B, rate, seconds int) map[string]time.Time {
	b.Helper()
	committed := map[string]time.Time{}
	var mu sync.Mutex
	var clients sync.WaitGroup
	ticks := time.NewTicker(time.Second / time.Duration(rate))
	defer ticks.Stop()
	for range rate * seconds {
		<-ticks.C
		clients.Go(func() {
			items, err := d.processor.Process(b.Context(), workitem.Items{
				workitem.ModelVersion: {"immediate-1.0"}, workitem.TaskID: {int64(1000)}, workitem.EventID: {int64(10)},
			}, "anna")
			now := time.Now()
			if err != nil {
				b.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			committed[items.Text(workitem.UniqueID)] = now
		})
	}
	clients.Wait()
	return committed
}

func (d *bed) latencies(b *testing.B, committed map[string]time.Time) []time.Duration {
	b.Helper()
	rows, err := d.pool.Query(b.Context(), commitTimesSQL)
	require.NoError(b, err)
	var id string
	var effect time.Time
	var latencies []time.Duration
	_, err = pgx.ForEachRow(rows, []any{&id, &effect}, func() error {
		if at, ok := committed[id]; ok {
			latencies = append(latencies, effect.Sub(at))
		}
		return nil
	})
	require.NoError(b, err)
	slices.Sort(latencies)
	return latencies
}
