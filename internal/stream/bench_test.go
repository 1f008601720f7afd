package stream

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/outbox"
)

// BenchmarkHandover: entries are handed over, and the broker is asked for each.
func BenchmarkHandover(b *testing.B) {
	const entries = 5000
	server := natstest.New(b)
	nc, err := Connect(Dial{URL: server.URL(), Name: "bench"}, zerolog.Nop())
	require.NoError(b, err)
	defer nc.Close()
	publisher, err := NewPublisher(b.Context(), nc, Config{Installation: uuid.NewString()})
	require.NoError(b, err)
	for b.Loop() {
		dispatches, handovers := make([]outbox.Dispatch, entries), make([]outbox.Handover, entries)
		for i := range dispatches {
			dispatches[i] = handover("HANDOVER", "t", "r", `{"amount":[12.5]}`)
		}
		began := time.Now()
		for i, handed := range publisher.HandOver(b.Context(), dispatches) {
			require.NoError(b, handed.Err)
			handovers[i] = outbox.Handover{ID: dispatches[i].ID, Generation: 1, Stream: "HANDOVER", Sequence: handed.Sequence}
		}
		b.ReportMetric(entries/time.Since(began).Seconds(), "published/s")
		began = time.Now()
		answers, faults := publisher.Holds(b.Context(), handovers)
		require.Empty(b, faults)
		for _, answer := range answers {
			require.Equal(b, outbox.Held, answer)
		}
		b.ReportMetric(entries/time.Since(began).Seconds(), "proved/s")
	}
}
