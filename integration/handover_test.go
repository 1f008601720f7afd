package integration

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

// A broker that loses a message it has acknowledged, or its whole stream, gets it
// again: the entry was not removed.
func TestALostHandoverIsPublishedAgain(t *testing.T) {
	t.Parallel()
	const entries = 20
	c := newCluster(t, 10*time.Second)
	proveAfter := func(grace time.Duration) {
		require.NoError(t, outbox.SetTopic(t.Context(), c.pool, outbox.Topic{
			Pattern: "order", Policy: outbox.PolicyHandover, Stream: "ORDERS", Grace: grace,
		}))
	}
	create := func() {
		_, err := outbox.Create(t.Context(), c.pool, outbox.NewEntry{Topic: "order", Ref: "r"})
		require.NoError(t, err)
	}
	proveAfter(time.Hour)
	c.start("outbox-relay")
	nc, err := nats.Connect(c.broker.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	stored := func() int {
		stream, err := js.Stream(t.Context(), "ORDERS")
		if err != nil {
			return -1
		}
		return int(stream.CachedInfo().State.Msgs)
	}
	left := func() (n int) {
		require.NoError(t, c.pool.QueryRow(t.Context(), "SELECT count(*) FROM eventlog").Scan(&n))
		return n
	}
	eventually := func(messages, entries int, what string) {
		t.Helper()
		require.Eventually(t, func() bool { return stored() == messages && left() == entries }, 20*time.Second, 10*time.Millisecond, what)
	}
	for range entries {
		create()
	}
	eventually(entries, entries, "acknowledged, and not proved")
	stream, err := js.Stream(t.Context(), "ORDERS")
	require.NoError(t, err)
	require.NoError(t, stream.DeleteMsg(t.Context(), 3))
	proveAfter(time.Second)
	eventually(entries, 0, "what was lost is published again, and all is proved")

	proveAfter(time.Hour)
	create()
	eventually(entries+1, 1, "one more")
	require.NoError(t, js.DeleteStream(t.Context(), "ORDERS"))
	proveAfter(time.Second)
	eventually(1, 0, "into a new stream")
}
