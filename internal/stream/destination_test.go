package stream

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func TestAStreamThatFailsIsLeftAloneForLongerAndLonger(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var h health
	require.False(t, h.leftAlone(now))
	require.False(t, h.trusted(now), "it was never looked at")
	h = h.found(now)
	require.True(t, h.trusted(now.Add(trustFor-1)))
	require.False(t, h.trusted(now.Add(trustFor)), "an operator may have changed it")

	fault := errors.New("silent")
	for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		pause := time.Duration(seconds) * time.Second
		h = h.failed(now, fault)
		require.Equal(t, pause, h.pause)
		require.True(t, h.leftAlone(now.Add(pause-1)))
		require.False(t, h.leftAlone(now.Add(pause)))
		require.False(t, h.trusted(now))
		h = h.found(now)
		require.Equal(t, fault, h.fault, "that it is there does not say that it takes messages")
	}
	h = h.took()
	require.Equal(t, health{checked: now}, h)
	require.False(t, h.gone().trusted(now))
}

// restricted is a server whose relay may not do what is denied, and gets no answer
// when it tries. Nobody else uses the server.
func restricted(t *testing.T, denied ...string) *Publisher {
	t.Helper()
	opts := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(),
		Users: []*server.User{{Username: "relay", Password: "r", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Deny: denied},
		}}},
	}
	s, err := server.NewServer(opts)
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	require.True(t, s.ReadyForConnections(patience))
	nc, err := nats.Connect(s.ClientURL(), nats.UserInfo("relay", "r"), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	require.NoError(t, err)
	t.Cleanup(func() {
		closed := nc.StatusChanged(nats.CLOSED)
		nc.Close()
		<-closed
	})
	p, err := NewPublisher(t.Context(), nc, Config{Installation: uuid.NewString()})
	require.NoError(t, err)
	return p
}

// Streams that do not answer hold up a round for about a second, all together, and
// the next ones not at all; others are not touched by it.
func TestSilentStreamsHoldUpNothing(t *testing.T) {
	t.Parallel()
	p := restricted(t,
		"$JS.API.STREAM.CREATE.A", "$JS.API.STREAM.CREATE.B", "$JS.API.STREAM.CREATE.C", // cannot be made
		"handover.D.>", "handover.E.>", // do not acknowledge
	)
	handOver := func() (good int, took time.Duration) {
		var dispatches []outbox.Dispatch
		for range 20 {
			for _, name := range []string{"A", "B", "C", "D", "E", "GOOD"} {
				dispatches = append(dispatches, handover(name, "t", "r", `1`))
			}
		}
		began := time.Now()
		for i, h := range p.HandOver(t.Context(), dispatches) {
			if dispatches[i].Stream == "GOOD" {
				require.NoError(t, h.Err)
				good++
			} else {
				require.ErrorIs(t, h.Err, outbox.ErrUnusable)
			}
		}
		return good, time.Since(began)
	}
	good, took := handOver()
	require.Equal(t, 20, good)
	require.Less(t, took, 3*time.Second)
	good, took = handOver()
	require.Equal(t, 20, good)
	require.Less(t, took, 900*time.Millisecond, "what did not answer is left alone")

	// In doubt, a stream gets a single message.
	require.Eventually(t, func() bool { return !p.destinations["D"].health.leftAlone(time.Now()) }, patience, 10*time.Millisecond)
	pending := p.destinations["D"].js.PublishAsyncPending()
	handOver()
	require.LessOrEqual(t, p.destinations["D"].js.PublishAsyncPending(), pending+1)
	require.Zero(t, p.js.PublishAsyncPending(), "it takes no room of what goes elsewhere")
}

// A stream that answers again is used again.
func TestAStreamThatAnswersAgainIsUsedAgain(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	b.handOver(handover("S", "t", "r", `1`))
	fault := b.publisher.failed("S", errors.New("silent"))
	require.ErrorIs(t, fault, outbox.ErrUnusable)
	require.Equal(t, fault, b.publisher.HandOver(t.Context(), []outbox.Dispatch{handover("S", "t", "r", `2`)})[0].Err)
	require.Equal(t, uint64(1), streamInfo(t, b.js, "S").State.Msgs)
	b.publisher.learn("S", func(d *destination) { d.health.until = time.Now() })
	b.handOver(handover("S", "t", "r", `3`), handover("S", "t", "r", `4`))
	require.NoError(t, b.publisher.destinations["S"].health.fault)
}
