package stream

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/outbox"
)

// fakeHandler remembers what it got.
type fakeHandler struct {
	mu      sync.Mutex
	handled []handled
	back    []uuid.UUID
	backErr error
	// answer says what becomes of a delivery, finished if nil.
	answer func(ctx context.Context, d asyncevent.Delivery) (asyncevent.Verdict, error)
}

type handled struct {
	asyncevent.Delivery
	at    time.Time
	alone bool
}

func (h *fakeHandler) Batch(ctx context.Context, deliveries []asyncevent.Delivery) ([]asyncevent.Verdict, error) {
	return h.handle(ctx, deliveries, false)
}

func (h *fakeHandler) Alone(ctx context.Context, d asyncevent.Delivery) (asyncevent.Verdict, error) {
	verdicts, err := h.handle(ctx, []asyncevent.Delivery{d}, true)
	if err != nil {
		return asyncevent.Verdict{}, err
	}
	return verdicts[0], nil
}

func (h *fakeHandler) handle(ctx context.Context, deliveries []asyncevent.Delivery, alone bool) ([]asyncevent.Verdict, error) {
	h.mu.Lock()
	for _, d := range deliveries {
		h.handled = append(h.handled, handled{d, time.Now(), alone})
	}
	answer := h.answer
	h.mu.Unlock()
	verdicts := make([]asyncevent.Verdict, len(deliveries))
	for i, d := range deliveries {
		verdicts[i].Outcome = asyncevent.Processed
		if answer == nil {
			continue
		}
		var err error
		if verdicts[i], err = answer(ctx, d); err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

func (h *fakeHandler) GiveBack(ctx context.Context, ids []uuid.UUID, _ time.Duration) (map[uuid.UUID]bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := cmp.Or(ctx.Err(), h.backErr); err != nil {
		return nil, err
	}
	taken := map[uuid.UUID]bool{}
	for _, id := range ids {
		taken[id] = true
	}
	h.back = append(h.back, ids...)
	return taken, nil
}

func (h *fakeHandler) Until(due time.Time) time.Duration { return time.Until(due) }

func (h *fakeHandler) all() []handled {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]handled(nil), h.handled...)
}

func (h *fakeHandler) givenBack() []uuid.UUID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]uuid.UUID(nil), h.back...)
}

// work consumes until stop, or the end of the test.
func (b *broker) work(h *fakeHandler, tuning ConsumerConfig) (stop func()) {
	b.t.Helper()
	return b.workWith(h, tuning, nil)
}

func (b *broker) workWith(h *fakeHandler, tuning ConsumerConfig, metrics *asyncevent.Metrics) (stop func()) {
	b.t.Helper()
	consumer, err := NewConsumer(b.t.Context(), connect(b.t, b.server.URL()), b.cfg, tuning, h, metrics, zerolog.Nop())
	require.NoError(b.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		consumer.Run(ctx, 5*time.Second)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(patience):
			b.t.Errorf("the consumer does not end")
		}
	})
	b.t.Cleanup(stop)
	return stop
}

func (b *broker) drained() bool {
	b.t.Helper()
	return b.left() == 0
}

func TestEveryMessageIsHandledAndAcknowledged(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	h := new(fakeHandler)
	b.work(h, ConsumerConfig{BatchSize: 16})
	b.work(h, ConsumerConfig{BatchSize: 16})
	var dispatches []outbox.Dispatch
	for i := range 600 {
		dispatches = append(dispatches, immediate(fmt.Sprint(i), outbox.Lanes()[i%3]))
	}
	b.publish(dispatches...)
	eventually(t, b.drained, "messages are left")
	counts := map[uuid.UUID]int{}
	alone := map[uuid.UUID]bool{}
	for _, d := range h.all() {
		counts[d.ID]++
		alone[d.ID] = d.alone
		require.False(t, d.Redelivered)
	}
	require.Len(t, counts, len(dispatches))
	for _, d := range dispatches {
		require.Equal(t, 1, counts[d.ID])
		require.Equal(t, d.Lane == outbox.LaneSlow, alone[d.ID], "lane %s", d.Lane)
	}
}

func TestEarlyMessagesAreHeldUntilTheyAreDue(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	h := new(fakeHandler)
	b.work(h, ConsumerConfig{})
	due := map[uuid.UUID]time.Time{}
	for _, wait := range []time.Duration{600 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, -time.Second} {
		d := early("r", wait, outbox.LaneTimer)
		due[d.ID] = d.Due
		b.publish(d)
	}
	eventually(t, b.drained, "messages are left")
	all := h.all()
	require.Len(t, all, 4)
	for _, d := range all {
		require.False(t, d.at.Before(due[d.ID]), "handled %s before it was due", due[d.ID].Sub(d.at))
	}
	require.Empty(t, h.givenBack())
}

func TestMessagesFarTooEarlyAreGivenBack(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	h := new(fakeHandler)
	b.work(h, ConsumerConfig{})
	d := early("r", 10*time.Second, outbox.LaneTimer)
	b.publish(d)
	eventually(t, b.drained, "it is acknowledged: the outbox has it")
	require.Equal(t, []uuid.UUID{d.ID}, h.givenBack())
	require.Empty(t, h.all())
}

func TestAVerdictMayAskForAnother(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	var calls int
	const pause = 100 * time.Millisecond
	h := &fakeHandler{answer: func(context.Context, asyncevent.Delivery) (asyncevent.Verdict, error) {
		if calls++; calls < 3 {
			return asyncevent.Verdict{Outcome: asyncevent.Busy, Again: pause}, nil
		}
		return asyncevent.Verdict{Outcome: asyncevent.Processed}, nil
	}}
	b.work(h, ConsumerConfig{})
	b.publish(immediate("r", outbox.LaneNow))
	eventually(t, b.drained, "it is left")
	all := h.all()
	require.Len(t, all, 3)
	for i := range 2 {
		require.GreaterOrEqual(t, all[i+1].at.Sub(all[i].at), pause)
		require.Equal(t, all[0].Delivery, all[i+1].Delivery)
	}
}

func TestNothingIsAcknowledgedWhileTheHandlerFails(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	var mu sync.Mutex
	failing := true
	h := &fakeHandler{answer: func(context.Context, asyncevent.Delivery) (asyncevent.Verdict, error) {
		mu.Lock()
		defer mu.Unlock()
		if failing {
			return asyncevent.Verdict{}, errors.New("postgres is away")
		}
		return asyncevent.Verdict{Outcome: asyncevent.Processed}, nil
	}}
	b.work(h, ConsumerConfig{})
	b.publish(immediate("a", outbox.LaneNow), immediate("b", outbox.LaneSlow))
	eventually(t, func() bool { return len(h.all()) >= 6 }, "not tried again")
	require.Equal(t, 2, b.left())
	mu.Lock()
	failing = false
	mu.Unlock()
	eventually(t, b.drained, "not handled after the failure")
}

func TestForeignMessagesAreRefusedForGood(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	h := new(fakeHandler)
	registry := prometheus.NewRegistry()
	b.workWith(h, ConsumerConfig{}, asyncevent.NewMetrics(registry))
	due := time.Now().Format(time.RFC3339Nano)
	ours := source(b.cfg.Installation)
	subject := b.cfg.Names.due(outbox.LaneNow, uuid.New(), "r")
	foreign := []*nats.Msg{
		{Subject: subject},
		{Subject: b.cfg.Names.due(outbox.LaneTimer, uuid.New(), "r"), Header: nats.Header{"ce-source": {"urn:postlude:other"}, headerDue: {due}}},
		{Subject: b.cfg.Names.due(outbox.LaneSlow, uuid.New(), "r"), Header: nats.Header{"ce-source": {ours}}},
		{Subject: b.cfg.Names.due(outbox.LaneSlow, uuid.New(), "r"), Header: nats.Header{"ce-source": {ours}, headerDue: {"tomorrow"}}},
		{Subject: "asyncevent.due.now.garbage.r", Header: nats.Header{"ce-source": {ours}, headerDue: {due}}},
	}
	for _, msg := range foreign {
		_, err := b.js.PublishMsg(t.Context(), msg)
		require.NoError(t, err)
	}
	good := immediate("good", outbox.LaneNow)
	b.publish(good)
	eventually(t, b.drained, "a message is left")
	require.Len(t, h.all(), 1)
	require.Equal(t, good.ID, h.all()[0].ID)
	require.InDelta(t, len(foreign), counted(t, registry, "foreign"), 0)
}

func counted(t *testing.T, registry *prometheus.Registry, outcome string) float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "outcome" && label.GetValue() == outcome {
					return metric.GetCounter().GetValue()
				}
			}
		}
	}
	return 0
}

func TestARepeatedDeliverySaysSo(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	b.publish(immediate("r", outbox.LaneNow))
	consumer, err := b.js.Consumer(t.Context(), "ASYNCEVENT", "worker-now")
	require.NoError(t, err)
	msg, err := consumer.Next()
	require.NoError(t, err)
	require.NoError(t, msg.Nak())
	h := new(fakeHandler)
	b.work(h, ConsumerConfig{})
	eventually(t, b.drained, "it is left")
	require.Len(t, h.all(), 1)
	require.True(t, h.all()[0].Redelivered)
}

// With a lease of a minute, what a stopping worker keeps would come back after
// half of it.
func TestAStoppingWorkerFinishesAndGivesBackTheRest(t *testing.T) {
	t.Parallel()
	for name, backErr := range map[string]error{"to the outbox": nil, "to the broker": errors.New("postgres is away")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBroker(t, nil)
			begun, finish := make(chan uuid.UUID, 100), make(chan struct{})
			h := &fakeHandler{backErr: backErr, answer: func(_ context.Context, d asyncevent.Delivery) (asyncevent.Verdict, error) {
				begun <- d.ID
				<-finish
				return asyncevent.Verdict{Outcome: asyncevent.Processed}, nil
			}}
			want := map[uuid.UUID]int{}
			publish := func(d outbox.Dispatch) {
				b.publish(d)
				want[d.ID] = 1
			}
			for range 20 {
				publish(immediate("r", outbox.LaneNow))
			}
			publish(early("held", 1500*time.Millisecond, outbox.LaneTimer))
			stop := b.work(h, ConsumerConfig{BatchSize: 1, Concurrency: 1, MaxHeld: 2})
			<-begun
			// One in flight, two held, the rest on the way to them.
			eventually(t, func() bool {
				consumer, err := b.js.Consumer(t.Context(), "ASYNCEVENT", "worker-now")
				return err == nil && consumer.CachedInfo().NumAckPending >= 6
			}, "not fetched ahead")

			stopped := make(chan struct{})
			go func() { stop(); close(stopped) }()
			other := new(fakeHandler)
			stopping := time.Now()
			b.work(other, ConsumerConfig{})
			eventually(t, func() bool { return b.left() == 1 }, "what was only fetched is kept")
			require.Less(t, time.Since(stopping), 10*time.Second, "it came back with AckWait")
			select {
			case <-stopped:
				require.Fail(t, "ended before its work did")
			default:
			}
			close(finish)
			<-stopped
			eventually(t, b.drained, "the work that was finished is not acknowledged")
			got := map[uuid.UUID]int{}
			for _, d := range append(h.all(), other.all()...) {
				got[d.ID]++
			}
			for _, id := range h.givenBack() {
				got[id]++
			}
			require.Equal(t, want, got, "each is handled or given back, once")
			require.Len(t, h.all(), 1)
			require.Equal(t, backErr == nil, len(h.givenBack()) > 0)
		})
	}
}

func TestAfterTheDrainDeadlineWorkIsAbandoned(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	begun := make(chan struct{})
	h := &fakeHandler{answer: func(ctx context.Context, _ asyncevent.Delivery) (asyncevent.Verdict, error) {
		close(begun)
		<-ctx.Done()
		return asyncevent.Verdict{}, ctx.Err()
	}}
	consumer, err := NewConsumer(t.Context(), connect(t, b.server.URL()), b.cfg, ConsumerConfig{}, h, nil, zerolog.Nop())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); consumer.Run(ctx, 50*time.Millisecond) }()
	b.publish(immediate("r", outbox.LaneNow))
	<-begun
	cancel()
	select {
	case <-ended:
	case <-time.After(patience):
		require.Fail(t, "the consumer waits for what does not end")
	}
	// Given back at once, to somebody else.
	other := new(fakeHandler)
	b.work(other, ConsumerConfig{})
	eventually(t, b.drained, "it is kept")
	require.True(t, other.all()[0].Redelivered)
}

func TestWorkersSurviveWhateverHappensToTheBroker(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(t *testing.T, b *broker){
		"consumer deleted": func(t *testing.T, b *broker) {
			t.Helper()
			require.NoError(t, b.js.DeleteConsumer(t.Context(), "ASYNCEVENT", "worker-now"))
		},
		"stream deleted": func(t *testing.T, b *broker) {
			t.Helper()
			require.NoError(t, b.js.DeleteStream(t.Context(), "ASYNCEVENT"))
		},
		"broker restarted": func(_ *testing.T, b *broker) { b.stop(); b.server.Start() },
		"broker wiped":     func(_ *testing.T, b *broker) { b.stop(); b.server.Wipe() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBroker(t, nil)
			h := new(fakeHandler)
			b.work(h, ConsumerConfig{})
			b.publish(immediate("before", outbox.LaneNow))
			eventually(t, b.drained, "not handled before")
			happens(t, b)
			eventually(t, b.nc.IsConnected, "not connected")
			// It is the worker who sets up what is missing: nobody else looks.
			eventually(t, func() bool {
				_, err := b.js.Consumer(t.Context(), "ASYNCEVENT", "worker-now")
				return err == nil
			}, "not set up again")
			after := immediate("after", outbox.LaneNow)
			b.publish(after)
			began := time.Now()
			eventually(t, func() bool {
				all := h.all()
				return len(all) > 0 && all[len(all)-1].ID == after.ID
			}, "not handled after")
			require.Less(t, time.Since(began), 10*time.Second)
			eventually(t, b.drained, "not acknowledged after")
		})
	}
}

func TestTwoMessagesOfOneEntryAreBothSettled(t *testing.T) {
	t.Parallel()
	b := newBroker(t, func(c *Config) { c.Lease = 2 * time.Second })
	h := new(fakeHandler)
	// Early, so that both are held at a time.
	first := early("first", 400*time.Millisecond, outbox.LaneNow)
	second := early("second", 400*time.Millisecond, outbox.LaneNow)
	second.ID, second.Generation = first.ID, 2
	b.publish(first, second)
	require.Equal(t, 2, b.left())
	b.work(h, ConsumerConfig{})
	eventually(t, b.drained, "one of them is left")
	for _, d := range h.all() {
		require.Equal(t, first.ID, d.ID)
	}
}

// What is held is bounded; the rest waits at the broker and is not lost.
func TestWhatIsHeldIsBounded(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	h := new(fakeHandler)
	b.work(h, ConsumerConfig{BatchSize: 2, Concurrency: 1, MaxHeld: 4})
	for range 40 {
		b.publish(early("r", 500*time.Millisecond, outbox.LaneTimer))
	}
	eventually(t, b.drained, "messages are left")
	require.Len(t, h.all(), 40)
}

func TestAConsumerRefusesAForeignStream(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	cfg := b.cfg
	cfg.Installation = uuid.NewString()
	_, err := NewConsumer(t.Context(), b.nc, cfg, ConsumerConfig{}, new(fakeHandler), nil, zerolog.Nop())
	var foreign *ForeignStreamError
	require.ErrorAs(t, err, &foreign)
	_, err = b.js.Stream(t.Context(), "ASYNCEVENT")
	require.NotErrorIs(t, err, jetstream.ErrStreamNotFound)
}

// What is busy for long goes back to the outbox, and keeps its place in the lane
// from nobody.
func TestABusyMessageGoesBackToTheOutbox(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	locked := map[uuid.UUID]bool{}
	for range 40 {
		d := immediate("locked", outbox.LaneSlow)
		locked[d.ID] = true
		b.publish(d)
	}
	free := immediate("free", outbox.LaneSlow)
	b.publish(free)
	h := &fakeHandler{answer: func(_ context.Context, d asyncevent.Delivery) (asyncevent.Verdict, error) {
		if locked[d.ID] {
			return asyncevent.Verdict{Outcome: asyncevent.Busy, Again: 20 * time.Millisecond}, nil
		}
		return asyncevent.Verdict{Outcome: asyncevent.Processed}, nil
	}}
	b.work(h, ConsumerConfig{})
	eventually(t, b.drained, "it is left")
	require.Len(t, h.givenBack(), len(locked))
	require.NotContains(t, h.givenBack(), free.ID)
	require.Len(t, h.all(), busyTries*len(locked)+1)
}

// Nothing in hand is delivered again, however long it takes: that would look as
// if somebody had died over it.
func TestWhatIsInHandIsNotDeliveredAgain(t *testing.T) {
	t.Parallel()
	b := newBroker(t, func(c *Config) { c.Lease = 2 * time.Second })
	for range 8 {
		b.publish(immediate("r", outbox.LaneNow))
	}
	h := &fakeHandler{answer: func(context.Context, asyncevent.Delivery) (asyncevent.Verdict, error) {
		<-time.After(700 * time.Millisecond) // with AckWait 1 s, the last wait for 5
		return asyncevent.Verdict{Outcome: asyncevent.Processed}, nil
	}}
	b.work(h, ConsumerConfig{BatchSize: 1, Concurrency: 1})
	eventually(t, b.drained, "it is left")
	require.Len(t, h.all(), 8)
	for _, d := range h.all() {
		require.False(t, d.Redelivered)
	}
}

// Silence is no fault: a consumer that has nothing to deliver keeps its pull, and
// the log is quiet.
func TestAnIdleConsumerIsLeftInPeace(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	h := new(fakeHandler)
	var log bytes.Buffer
	consumer, err := NewConsumer(t.Context(), connect(t, b.server.URL()), b.cfg, ConsumerConfig{}, h, nil, zerolog.New(&log))
	require.NoError(t, err)
	consumer.silence = 100 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { consumer.Run(ctx, time.Second) })
	<-time.After(time.Second)
	b.publish(immediate("r", outbox.LaneNow))
	eventually(t, b.drained, "it is left")
	cancel()
	running.Wait()
	require.Len(t, h.all(), 1)
	require.Empty(t, log.String())
}
