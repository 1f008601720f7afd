package stream

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/outbox"
)

func handover(stream, topic, ref, data string) outbox.Dispatch {
	d := copied(topic, ref, data)
	d.Stream = stream
	return d
}

// handOver publishes dispatches that must all be taken.
func (b *broker) handOver(dispatches ...outbox.Dispatch) []outbox.Handover {
	b.t.Helper()
	handovers := make([]outbox.Handover, len(dispatches))
	for i, handed := range b.publisher.HandOver(b.t.Context(), dispatches) {
		require.NoError(b.t, handed.Err)
		require.Positive(b.t, handed.Sequence)
		d := dispatches[i]
		handovers[i] = outbox.Handover{ID: d.ID, Generation: d.Generation, Stream: d.Stream, Sequence: handed.Sequence}
	}
	return handovers
}

func (b *broker) holds(handovers ...outbox.Handover) []bool {
	b.t.Helper()
	held, err := b.publisher.Holds(b.t.Context(), handovers)
	require.NoError(b.t, err)
	return held
}

func TestHandoversStandInTheirStream(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	tap, err := b.nc.SubscribeSync("eventlog.>")
	require.NoError(t, err)
	first, second := handover("HANDOVER", "invoice.sent", "r 1", `{"a":[1]}`), handover("ORDERS", "order", "2", `2`)
	handovers := b.handOver(first, second, handover("HANDOVER", "invoice.sent", "r 1", `3`))
	require.Equal(t, uint64(2), handovers[2].Sequence)

	info := streamInfo(t, b.js, "HANDOVER")
	require.Zero(t, info.Config.MaxAge)
	require.Equal(t, int64(-1), info.Config.MaxBytes)
	require.Equal(t, int64(-1), info.Config.MaxMsgs)
	require.Equal(t, jetstream.FileStorage, info.Config.Storage)
	require.Equal(t, 1, info.Config.Replicas)
	require.Equal(t, b.cfg.Installation, info.Config.Metadata[installationKey])
	require.Equal(t, uint64(2), info.State.Msgs)

	stream, err := b.js.Stream(t.Context(), "HANDOVER")
	require.NoError(t, err)
	msg, err := stream.GetMsg(t.Context(), handovers[0].Sequence)
	require.NoError(t, err)
	require.Equal(t, "handover.HANDOVER.invoice.sent.r%201", msg.Subject)
	require.JSONEq(t, `{"a":[1]}`, string(msg.Data))
	require.Equal(t, first.ID.String()+":1", msg.Header.Get("Nats-Msg-Id"))
	require.Equal(t, first.ID.String(), msg.Header.Get("ce-id"))

	shown := map[string]string{}
	for range 3 {
		msg, err := tap.NextMsg(patience)
		require.NoError(t, err)
		shown[string(msg.Data)] = msg.Subject
	}
	require.Equal(t, map[string]string{`{"a":[1]}`: "eventlog.invoice.sent.r%201", "2": "eventlog.order.2", "3": "eventlog.invoice.sent.r%201"}, shown)
	eventually(t, func() bool { return streamInfo(t, b.js, "EVENTLOG").State.Msgs == 3 }, "the tap's stream has them, too")
}

// A message proves an entry only if it is that entry's, in that place.
func TestHoldsLooksAtTheMessageItself(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	handovers := b.handOver(handover("HANDOVER", "t", "1", `1`), handover("HANDOVER", "t", "2", `2`), handover("OTHER", "t", "3", `3`))
	require.Equal(t, []bool{true, true, true}, b.holds(handovers...))

	other := handovers[0]
	other.ID = uuid.New()
	beyond := handovers[0]
	beyond.Sequence = 1000
	elsewhere := handovers[0]
	elsewhere.Stream = "NOWHERE"
	require.Equal(t, []bool{false, true, false, false}, b.holds(other, handovers[1], beyond, elsewhere))

	stream, err := b.js.Stream(t.Context(), "HANDOVER")
	require.NoError(t, err)
	require.NoError(t, stream.DeleteMsg(t.Context(), handovers[0].Sequence))
	require.NoError(t, b.js.DeleteStream(t.Context(), "OTHER"))
	require.Equal(t, []bool{false, true, false}, b.holds(handovers...))

	// Made anew, the same sequence is another's.
	require.Error(t, b.publisher.HandOver(t.Context(), []outbox.Dispatch{handover("OTHER", "t", "4", `4`)})[0].Err, "it has gone")
	again := b.handOver(handover("OTHER", "t", "4", `4`))
	require.Equal(t, handovers[2].Sequence, again[0].Sequence)
	require.Equal(t, []bool{false, true}, b.holds(handovers[2], again[0]))
}

// What another installation has handed over proves nothing of ours.
func TestHoldsKnowsItsInstallation(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	d := handover("HANDOVER", "t", "r", `1`)
	handovers := b.handOver(d)
	cfg := b.cfg
	cfg.Installation = "another"
	held, err := (&Publisher{cfg: cfg, nc: b.nc, js: b.js}).Holds(t.Context(), handovers)
	require.NoError(t, err)
	require.Equal(t, []bool{false}, held)
}

func TestAStreamOfHandoversIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	b.handOver(handover("HANDOVER", "t", "1", `1`))
	require.NoError(t, b.js.DeleteStream(t.Context(), "HANDOVER"))
	lost := b.publisher.HandOver(t.Context(), []outbox.Dispatch{handover("HANDOVER", "t", "2", `2`)})
	require.Error(t, lost[0].Err)
	require.NotErrorIs(t, lost[0].Err, outbox.ErrRefused)
	b.handOver(handover("HANDOVER", "t", "2", `2`))
}

// An operator may bound the stream: that is not taken back.
func TestLimitsOfHandoversAreTheOperators(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	b.handOver(handover("HANDOVER", "t", "1", `1`))
	cfg := streamInfo(t, b.js, "HANDOVER").Config
	cfg.MaxAge, cfg.MaxBytes, cfg.Duplicates = 24*time.Hour, 1<<20, time.Minute
	_, err := b.js.UpdateStream(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, makeHandovers(t.Context(), b.js, b.cfg, "HANDOVER"))
	require.Equal(t, cfg.MaxAge, streamInfo(t, b.js, "HANDOVER").Config.MaxAge)
	require.Equal(t, cfg.MaxBytes, streamInfo(t, b.js, "HANDOVER").Config.MaxBytes)
}

// What cannot be ours is refused, and harms no other handover.
func TestHandoversAreRefusedWhereTheNameIsTaken(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	for _, config := range []jetstream.StreamConfig{
		{Name: "FOREIGN", Subjects: []string{"mine"}},
		{Name: "BROAD", Subjects: []string{"handover.TAKEN.>"}},
	} {
		_, err := b.js.CreateStream(t.Context(), config)
		require.NoError(t, err)
	}
	handed := b.publisher.HandOver(t.Context(), []outbox.Dispatch{
		handover("FOREIGN", "t", "r", `1`), handover("TAKEN", "t", "r", `1`), handover("EVENTLOG", "t", "r", `1`),
		handover("ASYNCEVENT", "t", "r", `1`), handover("HANDOVER", "t", "r", `1`), handover("FOREIGN", "t", "r", `1`),
	})
	for i, h := range handed {
		if i == 4 {
			require.NoError(t, h.Err)
		} else {
			require.ErrorIs(t, h.Err, outbox.ErrRefused, "handover %d", i)
		}
	}
}

func TestHandoversUnderAPrefix(t *testing.T) {
	t.Parallel()
	names, err := NewNames("acme")
	require.NoError(t, err)
	b := newBroker(t, func(c *Config) { c.Names = names })
	tap, err := b.nc.SubscribeSync("acme.eventlog.>")
	require.NoError(t, err)
	handovers := b.handOver(handover("HANDOVER", "t", "r", `1`))
	require.Equal(t, []bool{true}, b.holds(handovers...))
	require.Equal(t, []string{"acme.handover.HANDOVER.>"}, streamInfo(t, b.js, "ACME_HANDOVER").Config.Subjects)
	msg, err := tap.NextMsg(patience)
	require.NoError(t, err)
	require.Equal(t, "acme.eventlog.t.r", msg.Subject)
}

// Several relays make the stream at the same time.
func TestHandoverStreamsAreMadeOnce(t *testing.T) {
	t.Parallel()
	server := natstest.New(t)
	cfg := Config{Installation: uuid.NewString()}.withDefaults()
	errs := make(chan error, 8)
	for range cap(errs) {
		js := jetStream(t, server)
		go func() { errs <- makeHandovers(context.Background(), js, cfg, "HANDOVER") }()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
}

func TestNothingIsKnownOfHandoversWithoutTheServer(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	handovers := b.handOver(handover("HANDOVER", "t", "r", `1`))
	b.stop()
	_, err := b.publisher.Holds(t.Context(), handovers)
	require.Error(t, err)
	for _, name := range []string{"HANDOVER", "NEW"} {
		handed := b.publisher.HandOver(t.Context(), []outbox.Dispatch{handover(name, "t", "r", `1`)})
		require.Error(t, handed[0].Err)
		require.NotErrorIs(t, handed[0].Err, outbox.ErrRefused)
	}
	b.server.Start()
	eventually(t, b.nc.IsConnected, "not connected again")
	require.Equal(t, []bool{true}, b.holds(handovers...), "what was handed over survives")
}
