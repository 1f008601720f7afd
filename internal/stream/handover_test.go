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

func (b *broker) holds(handovers ...outbox.Handover) []outbox.Answer {
	b.t.Helper()
	answers, faults := b.publisher.Holds(b.t.Context(), handovers)
	require.Empty(b.t, faults)
	return answers
}

// What a broker says of a handover.
const isHeld, isLost, isRemoved = outbox.Held, outbox.Lost, outbox.Removed

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
	require.Equal(t, []outbox.Answer{isHeld, isHeld, isHeld}, b.holds(handovers...))

	other := handovers[0]
	other.ID = uuid.New()
	beyond := handovers[0]
	beyond.Sequence = 1000
	elsewhere := handovers[0]
	elsewhere.Stream = "NOWHERE"
	require.Equal(t, []outbox.Answer{isLost, isHeld, isLost, isLost}, b.holds(other, handovers[1], beyond, elsewhere))

	stream, err := b.js.Stream(t.Context(), "HANDOVER")
	require.NoError(t, err)
	require.NoError(t, stream.DeleteMsg(t.Context(), handovers[0].Sequence))
	require.NoError(t, b.js.DeleteStream(t.Context(), "OTHER"))
	require.Equal(t, []outbox.Answer{isLost, isHeld, isLost}, b.holds(handovers...))

	// Made anew, the same sequence is another's.
	require.Error(t, b.publisher.HandOver(t.Context(), []outbox.Dispatch{handover("OTHER", "t", "4", `4`)})[0].Err, "it has gone")
	again := b.handOver(handover("OTHER", "t", "4", `4`))
	require.Equal(t, handovers[2].Sequence, again[0].Sequence)
	require.Equal(t, []outbox.Answer{isLost, isHeld}, b.holds(handovers[2], again[0]))
}

// What another installation has handed over proves nothing of ours.
func TestHoldsKnowsItsInstallation(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	d := handover("HANDOVER", "t", "r", `1`)
	handovers := b.handOver(d)
	cfg := b.cfg
	cfg.Installation = "another"
	answers, faults := (&Publisher{cfg: cfg, nc: b.nc, js: b.js}).Holds(t.Context(), handovers)
	require.Empty(t, faults)
	require.Equal(t, []outbox.Answer{isLost}, answers)
}

func TestAStreamOfHandoversIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	b.handOver(handover("HANDOVER", "t", "1", `1`))
	require.NoError(t, b.js.DeleteStream(t.Context(), "HANDOVER"))
	lost := b.publisher.HandOver(t.Context(), []outbox.Dispatch{handover("HANDOVER", "t", "2", `2`)})
	require.ErrorIs(t, lost[0].Err, outbox.ErrUnusable)
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
	_, err = makeHandovers(t.Context(), b.js, b.cfg, "HANDOVER")
	require.NoError(t, err)
	require.Equal(t, cfg.MaxAge, streamInfo(t, b.js, "HANDOVER").Config.MaxAge)
	require.Equal(t, cfg.MaxBytes, streamInfo(t, b.js, "HANDOVER").Config.MaxBytes)
}

// What cannot be ours gets nothing, and harms no other handover.
func TestNothingIsHandedOverWhereTheNameIsTaken(t *testing.T) {
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
			require.ErrorIs(t, h.Err, outbox.ErrUnusable, "handover %d", i)
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
	require.Equal(t, []outbox.Answer{isHeld}, b.holds(handovers...))
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
		go func() {
			_, err := makeHandovers(context.Background(), js, cfg, "HANDOVER")
			errs <- err
		}()
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
	answers, faults := b.publisher.Holds(t.Context(), handovers)
	require.Equal(t, []outbox.Answer{outbox.Unknown}, answers)
	require.Error(t, faults["HANDOVER"])
	for _, name := range []string{"HANDOVER", "NEW"} {
		handed := b.publisher.HandOver(t.Context(), []outbox.Dispatch{handover(name, "t", "r", `1`)})
		require.Error(t, handed[0].Err)
		require.NotErrorIs(t, handed[0].Err, outbox.ErrRefused)
		require.NotErrorIs(t, handed[0].Err, outbox.ErrUnusable, "it is no fault of the stream")
	}
	b.server.Start()
	eventually(t, b.nc.IsConnected, "not connected again")
	require.Equal(t, []outbox.Answer{isHeld}, b.holds(handovers...), "what was handed over survives")
}

// A stream of ours keeps what its operator has set, and is not touched for it.
func TestSettingsOfHandoversAreTheOperators(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	handovers := b.handOver(handover("S", "t", "r", `1`))
	cfg := streamInfo(t, b.js, "S").Config
	cfg.MaxAge, cfg.AllowDirect, cfg.DenyDelete, cfg.Compression = time.Hour, true, true, jetstream.S2Compression
	cfg.Metadata["team"], cfg.Description = "orders", "orders"
	cfg.Subjects = append(cfg.Subjects, "other.x")
	_, err := b.js.UpdateStream(t.Context(), cfg)
	require.NoError(t, err)
	want := streamInfo(t, b.js, "S").Config
	have, err := makeHandovers(t.Context(), b.js, b.cfg, "S")
	require.NoError(t, err)
	require.Equal(t, want, have)
	require.Equal(t, want, streamInfo(t, b.js, "S").Config)
	require.Equal(t, []outbox.Answer{isHeld}, b.holds(handovers...))

	// What handovers need is put back, and nothing else.
	cfg.Subjects = []string{"other.x"}
	cfg.RePublish = nil
	_, err = b.js.UpdateStream(t.Context(), cfg)
	require.NoError(t, err)
	have, err = makeHandovers(t.Context(), b.js, b.cfg, "S")
	require.NoError(t, err)
	require.Equal(t, []string{"other.x", "handover.S.>"}, have.Subjects)
	require.Equal(t, want.RePublish, have.RePublish)
	have.Subjects, have.Metadata = want.Subjects, want.Metadata
	require.Equal(t, want, have)
}

// A stream that forgets before the proof gets nothing: it would get the same
// again and again.
func TestNothingIsHandedOverToAStreamThatForgets(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	b.handOver(handover("INTEREST", "t", "r", `1`), handover("SHORT", "t", "r", `1`))
	for _, change := range []func() jetstream.StreamConfig{
		func() jetstream.StreamConfig {
			cfg := streamInfo(t, b.js, "INTEREST").Config
			cfg.Retention = jetstream.InterestPolicy
			return cfg
		},
		func() jetstream.StreamConfig {
			cfg := streamInfo(t, b.js, "SHORT").Config
			cfg.MaxAge = time.Minute
			return cfg
		},
	} {
		_, err := b.js.UpdateStream(t.Context(), change())
		require.NoError(t, err)
	}
	queue := handoverStream(b.cfg, "QUEUE")
	queue.Retention = jetstream.WorkQueuePolicy
	_, err := b.js.CreateStream(t.Context(), queue)
	require.NoError(t, err)
	b.publisher.learn("INTEREST", func(d *destination) { d.health = d.health.gone() }) // as after a while
	b.publisher.learn("SHORT", func(d *destination) { d.health = d.health.gone() })

	short, long := handover("SHORT", "t", "r", `1`), handover("SHORT", "t", "r", `2`)
	short.Grace, long.Grace = time.Minute, 5*time.Minute
	handed := b.publisher.HandOver(t.Context(), []outbox.Dispatch{
		handover("INTEREST", "t", "r", `1`), handover("QUEUE", "t", "r", `1`), short, long,
	})
	for i, want := range []string{"retention Interest", "retention WorkQueue", "", "keeps messages for 1m0s"} {
		if want == "" {
			require.NoError(t, handed[i].Err)
			continue
		}
		require.ErrorIs(t, handed[i].Err, outbox.ErrUnusable)
		require.ErrorContains(t, handed[i].Err, want)
	}
	require.Zero(t, streamInfo(t, b.js, "QUEUE").State.LastSeq)
}

// A doctor finds what relays would not use, and makes nothing.
func TestCheckHandovers(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	topics := []outbox.Topic{
		{Pattern: "a", Policy: outbox.PolicyHandover, Stream: "MISSING", Grace: time.Minute},
		{Pattern: "b", Policy: outbox.PolicyCopy},
		{Pattern: "c", Policy: outbox.PolicyHandover, Stream: "S", Grace: time.Minute},
		{Pattern: "d", Policy: outbox.PolicyHandover, Stream: "S", Grace: time.Hour},
		{Pattern: "e", Policy: outbox.PolicyHandover, Stream: "FOREIGN", Grace: time.Hour},
		{Pattern: "f", Policy: outbox.PolicyHandover, Stream: "QUEUE", Grace: time.Hour},
	}
	require.NoError(t, CheckHandovers(t.Context(), b.nc, b.cfg, topics))
	_, err := b.js.Stream(t.Context(), "MISSING")
	require.ErrorIs(t, err, jetstream.ErrStreamNotFound)

	short, queue := handoverStream(b.cfg, "S"), handoverStream(b.cfg, "QUEUE")
	short.MaxAge, queue.Retention = 10*time.Minute, jetstream.WorkQueuePolicy
	for _, cfg := range []jetstream.StreamConfig{short, queue, {Name: "FOREIGN", Subjects: []string{"mine"}}} {
		_, err := b.js.CreateStream(t.Context(), cfg)
		require.NoError(t, err)
	}
	err = CheckHandovers(t.Context(), b.nc, b.cfg, topics)
	require.ErrorContains(t, err, "d: stream S keeps messages for 10m0s")
	require.NotContains(t, err.Error(), "c: ")
	require.ErrorContains(t, err, "e: stream FOREIGN is not one of postlude's")
	require.ErrorContains(t, err, "f: stream QUEUE has the retention WorkQueue")
}
