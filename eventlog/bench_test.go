package eventlog_test

import (
	"context"
	"encoding/json"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/eventlog"
)

// clients is how many requests are on their way at once.
const clients = 16

// fillWith creates entries through the API.
func fillWith(b *testing.B, c *eventlog.Client, n int) {
	b.Helper()
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(clients)
	for i := range n {
		group.Go(func() error {
			_, err := c.Create(ctx, eventlog.Event{Topic: "t", Ref: strconv.Itoa(i), Data: json.RawMessage(`{"amount":[12.50]}`)})
			return err
		})
	}
	require.NoError(b, group.Wait())
}

// Entries created over HTTP, by 16 at once.
func BenchmarkCreate(b *testing.B) {
	c := startAPI(b).client(b, eventlog.Options{})
	b.ResetTimer()
	fillWith(b, c, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// Entries locked, handled by nothing, and deleted over HTTP, 64 at once.
func BenchmarkConsume(b *testing.B) {
	c := startAPI(b).client(b, eventlog.Options{})
	fillWith(b, c, b.N)
	ctx, stop := context.WithCancel(b.Context())
	var handled atomic.Int64
	b.ResetTimer()
	require.NoError(b, c.Consume(ctx, eventlog.Consumer{
		Topic: "t", Concurrency: 64,
		Handler: func(context.Context, eventlog.Entry) error {
			if handled.Add(1) == int64(b.N) {
				stop()
			}
			return nil
		},
		OnError: func(_ eventlog.Entry, err error) { b.Error(err) },
	}))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
