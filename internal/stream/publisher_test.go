package stream

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

func TestPublishedEntriesWaitInTheirLanes(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	now, slow := immediate("now", outbox.LaneNow), immediate("slow", outbox.LaneSlow)
	b.publish(now, slow)
	b.requireDue(2)
	state := b.state()
	require.Equal(t, map[outbox.Lane]int{outbox.LaneNow: 1, outbox.LaneTimer: 0, outbox.LaneSlow: 1}, state.Due)
	require.Zero(t, state.Armed)
	require.Equal(t, "ASYNCEVENT", state.Stream)
	require.Equal(t, uint64(2), state.LastSequence)
	require.Equal(t, state.Created.Truncate(time.Microsecond), state.Created, "as precise as Postgres")
	require.Equal(t, "asyncevent.due.now."+now.ID.String()+".now", b.next(outbox.LaneNow).Subject())
	require.Equal(t, "asyncevent.due.slow."+slow.ID.String()+".slow", b.next(outbox.LaneSlow).Subject())
	require.Zero(t, b.left())
}

// Workers hold what comes early; what comes late is late.
func TestSchedulesFireJustBeforeTheyAreDue(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	var dispatches []outbox.Dispatch
	due := map[string]time.Time{}
	for i := range 6 {
		d := armed("r", time.Second+time.Duration(i)*50*time.Millisecond)
		dispatches = append(dispatches, d)
		due[d.ID.String()] = d.Due
	}
	b.publish(dispatches...)
	require.Equal(t, 6, b.state().Armed)
	inTime := 0
	for range dispatches {
		msg := b.next(outbox.LaneTimer)
		meta, err := msg.Metadata()
		require.NoError(t, err)
		at := due[msg.Headers().Get("ce-id")]
		early := at.Sub(meta.Timestamp)
		require.LessOrEqual(t, early, 500*time.Millisecond, "fired too early")
		require.Greater(t, early, -2*time.Second, "fired far too late")
		if early >= 0 {
			inTime++
		}
	}
	require.GreaterOrEqual(t, inTime, 3, "most were late: the lead is too short")
	require.Zero(t, b.left())
}

func TestSchedulesOfTwoEntriesAboutOneRefBothFire(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	first, second := armed("same", 700*time.Millisecond), armed("same", 700*time.Millisecond)
	b.publish(first, second)
	ids := []string{b.next(outbox.LaneTimer).Headers().Get("ce-id"), b.next(outbox.LaneTimer).Headers().Get("ce-id")}
	require.ElementsMatch(t, []string{first.ID.String(), second.ID.String()}, ids)
}

func TestArmingAgainReplacesTheSchedule(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	d := armed("r", time.Hour)
	b.publish(d)
	again := armed("r", 600*time.Millisecond)
	again.ID, again.Generation = d.ID, 2
	b.publish(again)
	require.Equal(t, 1, b.state().Armed)
	require.Equal(t, d.ID.String(), b.next(outbox.LaneTimer).Headers().Get("ce-id"))
	require.Zero(t, b.left())
}

func TestARepeatedDispatchIsQueuedOnce(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	d := immediate("r", outbox.LaneNow)
	b.publish(d)
	b.publish(d) // the first acknowledgement was lost
	require.Equal(t, 1, b.left())

	again := *d.Claimed
	again.Generation = 2
	d.Claimed = &again
	require.ErrorIs(t, b.publisher.Publish(t.Context(), []outbox.Dispatch{d})[0], outbox.ErrQueued)
	require.Equal(t, 1, b.left())
	require.Equal(t, d.ID.String()+":1", b.next(outbox.LaneNow).Headers().Get("Nats-Msg-Id"))

	third := again
	third.Generation = 3
	d.Claimed = &third
	b.publish(d)
	require.Equal(t, d.ID.String()+":3", b.next(outbox.LaneNow).Headers().Get("Nats-Msg-Id"), "finished meanwhile: it is published")
}

func TestWhatTheBrokerNeverTakesIsRefused(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	long := strings.Repeat("x", 3000)
	errs := b.publisher.Publish(t.Context(), []outbox.Dispatch{
		immediate(long, outbox.LaneNow),
		armed(long, 10*time.Second),
		copied("t", long, `1`),
		copied("t", "too large", `"`+strings.Repeat("x", 2<<20)+`"`),
		immediate(strings.Repeat("ü", 500), outbox.LaneNow), // six bytes each
		immediate("good", outbox.LaneNow),
	})
	for i, err := range errs[:5] {
		require.ErrorIs(t, err, outbox.ErrRefused, "dispatch %d", i)
	}
	require.NoError(t, errs[5], "the others are not harmed")
	require.True(t, b.nc.IsConnected())
	require.Zero(t, b.nc.Stats().Reconnects, "the server ended the connection")
	b.publish(immediate("after", outbox.LaneNow))
}

func TestPublisherFailsQuicklyWithoutTheServerAndWorksAfter(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	b.publish(immediate("before", outbox.LaneNow))
	b.stop()
	began := time.Now()
	_, err := b.publisher.State(t.Context())
	require.Error(t, err)
	for _, err := range b.publisher.Publish(t.Context(), []outbox.Dispatch{immediate("r", outbox.LaneNow), armed("r", time.Second), copied("t", "r", "1")}) {
		require.Error(t, err)
		require.NotErrorIs(t, err, outbox.ErrRefused, "a broker that is away is no attempt")
	}
	require.Less(t, time.Since(began), 2*time.Second)
	b.server.Start()
	eventually(t, b.nc.IsConnected, "not connected again")
	b.requireDue(1) // what was published survives
	b.publish(immediate("after", outbox.LaneNow), armed("after", 10*time.Second), copied("t", "after", "1"))
}

func TestStateSetsUpWhatIsMissing(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	b.publish(immediate("r", outbox.LaneNow))
	before := b.state()
	require.NoError(t, b.js.DeleteStream(t.Context(), "ASYNCEVENT"))
	after := b.state()
	require.NotEqual(t, before.Created, after.Created)
	require.Zero(t, after.LastSequence)
	b.requireDue(0)
	b.publish(immediate("r", outbox.LaneNow))

	require.NoError(t, b.js.DeleteConsumer(t.Context(), "ASYNCEVENT", "worker-slow"))
	require.Equal(t, after.Created, b.state().Created)
	b.requireDue(1)

	// Without it no copy could be published, nor what is fired be kept.
	require.NoError(t, b.js.DeleteStream(t.Context(), "EVENTLOG"))
	b.state()
	b.publish(copied("t", "r", "1"))
}

func TestStateRefusesAStreamThatIsNoLongerOurs(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	require.NoError(t, b.js.DeleteStream(t.Context(), "ASYNCEVENT"))
	_, err := b.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ASYNCEVENT", Subjects: []string{"x"}})
	require.NoError(t, err)
	_, err = b.publisher.State(t.Context())
	var foreign *ForeignStreamError
	require.ErrorAs(t, err, &foreign)
}

func TestStateMeasuresTheBrokersClock(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	b.publisher.setClock(time.Now().Add(-time.Hour), time.Now())
	b.state()
	require.WithinDuration(t, time.Now(), b.publisher.getClock().at(0), 500*time.Millisecond)
}

func TestWhatIsNotAcknowledgedIsNotPublished(t *testing.T) {
	t.Parallel()
	b := newBroker(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.publisher.Publish(ctx, []outbox.Dispatch{immediate("r", outbox.LaneNow)})[0], context.Canceled)
}

// Without the tap's stream nothing acknowledges a copy but the server itself:
// what only lies in a buffer of ours is not published.
func TestWithoutATapStreamTheServerConfirmsCopies(t *testing.T) {
	t.Parallel()
	b := newBroker(t, func(c *Config) { c.NoTapStream = true })
	_, err := b.js.Stream(t.Context(), "EVENTLOG")
	require.ErrorIs(t, err, jetstream.ErrStreamNotFound)
	tap, err := b.nc.SubscribeSync("eventlog.>")
	require.NoError(t, err)
	b.publish(copied("t", "r", `{"a":[1]}`), immediate("async", outbox.LaneNow))
	msg, err := tap.NextMsg(patience)
	require.NoError(t, err)
	require.Equal(t, "eventlog.t.r", msg.Subject)
	require.JSONEq(t, `{"a":[1]}`, string(msg.Data))
	msg, err = tap.NextMsg(patience)
	require.NoError(t, err)
	require.Equal(t, "eventlog.async.event.async", msg.Subject)

	line := newLine(t, strings.TrimPrefix(b.server.URL(), "nats://"))
	nc := connect(t, "nats://"+line.address)
	publisher, err := NewPublisher(t.Context(), nc, b.cfg)
	require.NoError(t, err)
	line.cut.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	require.True(t, nc.IsConnected(), "nobody knows yet")
	require.Error(t, publisher.Publish(ctx, []outbox.Dispatch{copied("t", "lost", "1")})[0])
}

// line is a connection that can lose what is sent over it without a sign.
type line struct {
	address string
	cut     atomic.Bool
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens at once or not at all
	require.NoError(t, err)
	l := &line{address: listener.Addr().String()}
	var copying sync.WaitGroup
	t.Cleanup(copying.Wait)
	t.Cleanup(func() { _ = listener.Close() })
	copying.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to) //nolint:noctx // as above
			if err != nil {
				client.Close()
				return
			}
			copying.Go(func() { _, _ = io.Copy(l.filter(server), client); server.Close() })
			copying.Go(func() { _, _ = io.Copy(client, server); client.Close() })
		}
	})
	return l
}

func (l *line) filter(w io.Writer) io.Writer {
	return writerFunc(func(p []byte) (int, error) {
		if l.cut.Load() {
			return len(p), nil
		}
		return w.Write(p)
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
