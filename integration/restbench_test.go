package integration

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/pgserver"
	"github.com/postlude/postlude/internal/postgres"
)

// newDurableCluster is a cluster whose Postgres keeps what it has confirmed, for
// figures.
func newDurableCluster(b *testing.B) *cluster {
	b.Helper()
	pg, err := pgserver.Start(b.Context(), pgserver.Options{Settings: map[string]string{"shared_buffers": "512MB", "max_wal_size": "4GB"}})
	require.NoError(b, err)
	b.Cleanup(func() { _ = pg.Stop(context.WithoutCancel(b.Context())) })
	_, err = postgres.Migrate(b.Context(), pg.URL(), zerolog.Nop())
	require.NoError(b, err)
	pool, err := postgres.Connect(b.Context(), postgres.Config{URL: pg.URL(), MaxConns: 2})
	require.NoError(b, err)
	b.Cleanup(pool.Close)
	return newClusterOn(b, pool, pg.URL(), time.Minute)
}

// benchEntries are what one run creates or handles.
const benchEntries = 4000

// BenchmarkREST: entries that are created, and entries that are locked, handled
// and deleted, a second, over HTTP, by clients that do one thing after the other.
// Nothing is done to handle an entry.
func BenchmarkREST(b *testing.B) {
	c := newDurableCluster(b)
	// The access log is on, as it is by default.
	native := c.native()
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 64 //nolint:forcetypeassert // its documented type
	expect := func(got reply, err error, status int) error {
		if err == nil && got.status != status {
			err = fmt.Errorf("%s: %d: %s", got.what, got.status, got.body)
		}
		return err
	}
	remove := func(id, owner string) error {
		got, err := native.try(http.MethodDelete, "/api/eventlog/"+id+"?owner="+owner, "")
		return expect(got, err, http.StatusNoContent)
	}
	for _, clients := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("create/clients=%d", clients), func(b *testing.B) {
			c.measure(b, clients, 0, func(work <-chan string, _ string) error {
				for ref := range work {
					got, err := native.try(http.MethodPut, "/api/eventlog/bench/"+ref, `{"amount":[12.50],"customer":["4711"]}`)
					if err := expect(got, err, http.StatusNoContent); err != nil {
						return err
					}
				}
				return nil
			})
		})
		b.Run(fmt.Sprintf("lock-each/clients=%d", clients), func(b *testing.B) {
			c.measure(b, clients, benchEntries, func(work <-chan string, owner string) error {
				for id := range work {
					got, err := native.try(http.MethodPost, "/api/eventlog/lock/"+id+"?owner="+owner, "")
					if err := expect(got, err, http.StatusOK); err != nil {
						return err
					}
					if err := remove(id, owner); err != nil {
						return err
					}
				}
				return nil
			})
		})
		b.Run(fmt.Sprintf("lock-topic/clients=%d", clients), func(b *testing.B) {
			c.measure(b, clients, benchEntries, func(_ <-chan string, owner string) error {
				for {
					got, err := native.try(http.MethodPost, "/api/eventlog/lock?topic=bench&maxCount=50&owner="+owner, "")
					if err := expect(got, err, http.StatusOK); err != nil {
						return err
					}
					taken := got.entries()
					if len(taken) == 0 {
						return nil
					}
					for i := range taken {
						if err := remove(taken[i].ID, owner); err != nil {
							return err
						}
					}
				}
			})
		})
	}
}

// measure has clients do their work: with the ids of entries that it makes, or,
// without, with the refs of entries to create.
func (c *cluster) measure(b *testing.B, clients, entries int, client func(work <-chan string, owner string) error) {
	b.Helper()
	for b.Loop() {
		b.StopTimer()
		work := c.benchWork(b, entries)
		errs := make(chan error, clients)
		var wg sync.WaitGroup
		b.StartTimer()
		began := time.Now()
		for i := range clients {
			wg.Go(func() { errs <- client(work, fmt.Sprint("client-", i)) })
		}
		wg.Wait()
		took := time.Since(began)
		for range clients {
			require.NoError(b, <-errs)
		}
		var left int
		require.NoError(b, c.pool.QueryRow(b.Context(), "SELECT count(*) FROM eventlog").Scan(&left))
		require.Equal(b, benchEntries-entries, left)
		b.ReportMetric(benchEntries/took.Seconds(), "entries/s")
	}
}

const benchEntriesSQL = `
INSERT INTO eventlog (topic, ref, data)
SELECT
    'bench',
    'r' || i,
    '{"amount":[12.50],"customer":["4711"]}'
FROM generate_series(1, $1::integer) i
RETURNING id::text`

func (c *cluster) benchWork(b *testing.B, entries int) <-chan string {
	b.Helper()
	_, err := c.pool.Exec(b.Context(), "TRUNCATE eventlog")
	require.NoError(b, err)
	work := make(chan string, benchEntries)
	defer close(work)
	if entries == 0 {
		for i := range benchEntries {
			work <- fmt.Sprint("r", i)
		}
		return work
	}
	rows, err := c.pool.Query(b.Context(), benchEntriesSQL, entries)
	require.NoError(b, err)
	for rows.Next() {
		var id string
		require.NoError(b, rows.Scan(&id))
		work <- id
	}
	require.NoError(b, rows.Err())
	return work
}
