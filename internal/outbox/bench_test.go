package outbox

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/postgrestest"
)

// lookups connects as a relay does.
func lookups(tb testing.TB) *pgxpool.Pool {
	tb.Helper()
	pool, err := postgres.Connect(tb.Context(), postgres.Config{URL: postgrestest.New(tb).URL, MaxConns: 4, Lookups: true})
	require.NoError(tb, err)
	tb.Cleanup(pool.Close)
	return pool
}

const benchEntriesSQL = `
INSERT INTO eventlog (topic, ref, data)
SELECT
    't',
    (i % $2::integer)::text,
    '{"amount":[12.5]}'
FROM generate_series(1, $1::integer) i`

// BenchmarkPublish: a relay publishes a backlog to a broker that costs nothing.
func BenchmarkPublish(b *testing.B) {
	for _, c := range []struct {
		name          string
		topic         Topic
		entries, refs int
	}{
		{"copy", Topic{}, 20_000, 20_000},
		{"copy, ordered, a ref each", Topic{Policy: PolicyCopy, Ordered: true}, 20_000, 20_000},
		{"copy, ordered, lines of 10", Topic{Policy: PolicyCopy, Ordered: true}, 20_000, 2_000},
		{"copy, ordered, one line", Topic{Policy: PolicyCopy, Ordered: true}, 1_000, 1},
		{"handover", Topic{Policy: PolicyHandover}, 20_000, 20_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			pool := lookups(b)
			if c.topic.Policy != "" {
				c.topic.Pattern = "t"
				require.NoError(b, SetTopic(b.Context(), pool, c.topic))
			}
			for b.Loop() {
				b.StopTimer()
				_, err := pool.Exec(b.Context(), "TRUNCATE eventlog")
				require.NoError(b, err)
				_, err = pool.Exec(b.Context(), benchEntriesSQL, c.entries, c.refs)
				require.NoError(b, err)
				relay := NewRelay(NewStore(pool), newFakeBroker(), RelayConfig{}, nil, zerolog.Nop())
				b.StartTimer()
				began := time.Now()
				for published := 0; published < c.entries; {
					round, err := relay.runOnce(b.Context())
					require.NoError(b, err)
					published += round.Published
				}
				b.ReportMetric(float64(c.entries)/time.Since(began).Seconds(), "entries/s")
			}
		})
	}
}

// BenchmarkCreate: entries written one by one, in a transaction each.
func BenchmarkCreate(b *testing.B) {
	for _, c := range []struct {
		name, topic string
		key         bool
	}{{"async", TopicAsync, false}, {"copy", "t", false}, {"copy with a key", "t", true}} {
		b.Run(c.name, func(b *testing.B) {
			pool := lookups(b)
			entry := NewEntry{Topic: c.topic, Ref: "r", Data: []byte(`{"a":[1]}`)}
			for b.Loop() {
				if c.key {
					entry.IdempotencyKey = time.Now().String()
				}
				_, err := Create(b.Context(), pool, entry)
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkConsume: lock, and delete.
func BenchmarkConsume(b *testing.B) {
	pool := lookups(b)
	_, err := pool.Exec(b.Context(), benchEntriesSQL, 50_000, 50_000)
	require.NoError(b, err)
	var batch []Listed
	for b.Loop() {
		if len(batch) == 0 {
			batch, err = List(b.Context(), pool, Selection{Free: []string{"t"}, Limit: 100})
			require.NoError(b, err)
			require.NotEmpty(b, batch)
		}
		id := batch[0].ID
		batch = batch[1:]
		_, err := Lock(b.Context(), pool, id, "anna", time.Minute)
		require.NoError(b, err)
		require.NoError(b, Delete(b.Context(), pool, id, "anna"))
	}
}
