package integration

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// TestTheStreamIsDeletedInTheMiddle: with a lease of a minute, everything is done
// within seconds of the loss.
func TestTheStreamIsDeletedInTheMiddle(t *testing.T) {
	c := newCluster(t, time.Minute)
	c.start("outbox-relay")
	c.start("async-worker")
	c.start("async-worker")
	nc, err := nats.Connect(c.broker.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)

	l := newLoad(1000)
	c.clients(l.size(), func(i int) error {
		if i == l.size()*3/4 {
			require.NoError(t, js.DeleteStream(context.Background(), "ASYNCEVENT"))
		}
		return l.put(c, i)
	})
	last := time.Now()
	require.Eventually(t, func() bool { return c.pending() == 0 }, 30*time.Second, 20*time.Millisecond, "entries are left")
	took := time.Since(last)
	l.check(c)
	require.Less(t, took, 15*time.Second, "that was the lease")
	t.Logf("%d workitems done %v after the last was committed", l.size(), took.Round(time.Millisecond))
}

// TestTheTapShowsEveryEntry: a plain core subscriber sees what fires, delayed or
// not, and takes nothing from the workers; the tap's stream can be read
// afterwards.
func TestTheTapShowsEveryEntry(t *testing.T) {
	c := newCluster(t, time.Minute)
	nc, err := nats.Connect(c.broker.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	var mu sync.Mutex
	seen := map[string]int{} // ref → messages
	_, err = nc.Subscribe("eventlog.>", func(m *nats.Msg) {
		mu.Lock()
		defer mu.Unlock()
		seen[m.Header.Get("ce-subject")]++
	})
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	c.start("outbox-relay")
	c.start("async-worker")

	l := newLoad(40)
	c.clients(l.size(), func(i int) error { return l.put(c, i) })
	require.Eventually(t, func() bool { return c.pending() == 0 }, 30*time.Second, 20*time.Millisecond, "entries are left")
	l.check(c)
	require.NoError(t, nc.Flush())
	mu.Lock()
	defer mu.Unlock()
	for _, id := range l.orders {
		require.GreaterOrEqual(t, seen[id], 3, "order %s", id)
	}
	for _, id := range l.unanswered {
		require.GreaterOrEqual(t, seen[id], 1, "ticket %s", id)
	}

	js, err := jetstream.New(nc)
	require.NoError(t, err)
	tap, err := js.Stream(t.Context(), "EVENTLOG")
	require.NoError(t, err)
	msg, err := tap.GetLastMsgForSubject(t.Context(), "eventlog.async.event."+l.unanswered[0])
	require.NoError(t, err)
	require.Equal(t, l.unanswered[0], msg.Header.Get("ce-subject"))
	require.NotContains(t, string(msg.Data), "subject", "ids only")
	t.Logf("read back from the tap's stream: %s %s", msg.Subject, msg.Data)
}
