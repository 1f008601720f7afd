package workitem_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgrestest"
	"github.com/postlude/postlude/internal/workitem"
)

// typical is a workitem of thirty items with twenty lines of history.
func typical() workitem.Items {
	date := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	items := workitem.Items{
		workitem.UniqueID: {"018f2b5c-9f2e-7d41-8b1a-3f0a4c1d2e3f"}, workitem.TransactionID: {"d4c3b2a1-0f1e-4d2c-8b3a-495867768594"},
		workitem.ModelVersion: {"invoice-2.4"}, workitem.TaskID: {int64(5100)}, workitem.EventID: {int64(20)},
		workitem.WorkflowGroup: {"Invoice"}, workitem.WorkflowStatus: {"Approval"}, workitem.Type: {"workitem"},
		workitem.LastEvent: {int64(10)}, workitem.LastEventDate: {date}, workitem.Creator: {"anna"}, workitem.Editor: {"eddy"},
		"invoice.amount": {1234.5}, "invoice.tax": {19.0}, "invoice.date": {date}, "invoice.paid": {false}, "invoice.number": {int64(2026000123)},
		"_subject": {"Invoice 2026-000123 of Müller & Söhne"}, "team": {"anna", "bob", "carla"},
		"_description": {"The goods have come on Monday; two of them were broken and are to be paid by the sender.\nSee the attached letter."},
	}
	for i := range 9 {
		items[fmt.Sprintf("field.%d", i)] = []any{fmt.Sprintf("a value of some length, number %d", i)}
	}
	for i := range 20 {
		items.Append(workitem.EventLog, fmt.Sprintf("2026-03-01T12:%02d:00.000|invoice-2.4|%d.10|5100|the reminder was sent", i, 1000+100*i))
	}
	return items
}

// plain is the same as encoding/json knows it, without its types.
func plain(items workitem.Items) map[string]any {
	m := make(map[string]any, len(items))
	for name, values := range items {
		m[name] = values
	}
	return m
}

// BenchmarkItems compares our codec with encoding/json, which loses types.
func BenchmarkItems(b *testing.B) {
	items := typical()
	text := workitem.AppendJSON(nil, items)
	b.Run("write/items", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		var buffer []byte
		for b.Loop() {
			buffer = workitem.AppendJSON(buffer[:0], items)
		}
	})
	b.Run("write/encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		m := plain(items)
		for b.Loop() {
			written, err := json.Marshal(m)
			require.NoError(b, err)
			b.SetBytes(int64(len(written)))
		}
	})
	b.Run("read/items", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			_, err := workitem.ParseJSON(text)
			require.NoError(b, err)
		}
	})
	b.Run("read/encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			var m map[string]any
			require.NoError(b, json.Unmarshal(text, &m))
		}
	})
}

// BenchmarkWrite stores 20,000 workitems in batches of 100: new ones, such that
// an event moved on, and such of which an event changed the access lists too.
func BenchmarkWrite(b *testing.B) {
	const count, batch = 20_000, 100
	for _, c := range []struct {
		name   string
		change func(r *workitem.Record, round int)
	}{
		{"insert", nil},
		{"event", func(*workitem.Record, int) {}},
		{"access", func(r *workitem.Record, round int) {
			r.Items.Set(workitem.WriteAccess, "team", fmt.Sprintf("user%d", round))
			r.Items.Set("$owner", fmt.Sprintf("user%d", round))
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			pool := postgrestest.New(b).Pool
			records := make([]*workitem.Record, count)
			for i := range records {
				records[i] = involved(i)
			}
			if c.change != nil {
				writeAll(b, pool, records, batch)
			}
			round, wal := 0, 0.0
			for b.Loop() {
				b.StopTimer()
				round++
				for i, r := range records {
					if c.change == nil {
						r.Items.Set(workitem.UniqueID, fmt.Sprintf("%d-%032d", round, i))
						continue
					}
					r.Version = 1
					r.Items.Set(workitem.TaskID, 1000+round)
					r.Items.Append(workitem.EventLog, fmt.Sprintf("2026-03-01T12:00:00.000|invoice-2.4|%d.10|5100|the reminder was sent", 1000+100*round))
					c.change(r, round)
				}
				rand.Shuffle(count, func(i, k int) { records[i], records[k] = records[k], records[i] })
				before := walBytes(b, pool)
				b.StartTimer()
				writeAll(b, pool, records, batch)
				b.StopTimer()
				wal += walBytes(b, pool) - before
				b.StartTimer()
			}
			b.ReportMetric(wal/float64(round*count), "wal-B/row")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(round*count), "µs/row")
			b.ReportMetric(inPlace(b, pool), "in-place")
		})
	}
}

// involved is a typical workitem with the people and ids that lists find it by.
func involved(i int) *workitem.Record {
	items := typical()
	maps.Copy(items, workitem.Items{
		workitem.UniqueID: {fmt.Sprintf("%08d-9f2e-7d41-8b1a-3f0a4c1d2e3f", i)}, workitem.WorkflowGroup: {fmt.Sprintf("Group %d", i%20)},
		"$owner": {fmt.Sprintf("user%d", i%5000)}, "$workitemref": {fmt.Sprintf("%08d-9f2e-7d41-8b1a-3f0a4c1d2e3f", i/7)},
		workitem.ReadAccess: {fmt.Sprintf("team%d", i%300), fmt.Sprintf("user%d", i*7%5000)}, workitem.WriteAccess: {fmt.Sprintf("team%d", i%300)},
	})
	return &workitem.Record{ArmedBy: "t1", Items: items}
}

func writeAll(b *testing.B, pool *pgxpool.Pool, records []*workitem.Record, batch int) {
	b.Helper()
	for from := 0; from < len(records); from += batch {
		stored, err := workitem.Write(b.Context(), pool, records[from:from+batch])
		require.NoError(b, err)
		require.Equal(b, batch, stored)
	}
}

func walBytes(b *testing.B, pool *pgxpool.Pool) (bytes float64) {
	b.Helper()
	require.NoError(b, pool.QueryRow(b.Context(), "SELECT pg_current_wal_insert_lsn() - '0/0'").Scan(&bytes))
	return bytes
}

// inPlace is the share of updates that touched no index.
func inPlace(b *testing.B, pool *pgxpool.Pool) (share float64) {
	b.Helper()
	for range 8 { // of each connection
		_, err := pool.Exec(b.Context(), "SELECT pg_stat_force_next_flush()")
		require.NoError(b, err)
	}
	err := pool.QueryRow(b.Context(), "SELECT n_tup_hot_upd / greatest(n_tup_upd, 1)::float FROM pg_stat_user_tables WHERE relname = 'workitem'").Scan(&share)
	require.NoError(b, err)
	return share
}
