package stream

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/outbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

func connect(t *testing.T, url string) *nats.Conn {
	t.Helper()
	nc, err := Connect(Dial{URL: url, Name: t.Name()}, zerolog.Nop())
	require.NoError(t, err)
	t.Cleanup(func() {
		closed := nc.StatusChanged(nats.CLOSED)
		nc.Close()
		<-closed
	})
	return nc
}

// broker is a server with the streams of one installation.
type broker struct {
	t         *testing.T
	server    *natstest.Server
	nc        *nats.Conn
	js        jetstream.JetStream
	cfg       Config
	publisher *Publisher
}

func newBroker(t *testing.T, change func(*Config)) *broker {
	t.Helper()
	b := &broker{t: t, server: natstest.New(t)}
	b.cfg = Config{Installation: uuid.NewString(), Lease: time.Minute}
	if change != nil {
		change(&b.cfg)
	}
	b.cfg = b.cfg.withDefaults()
	b.nc = connect(t, b.server.URL())
	var err error
	b.publisher, err = NewPublisher(t.Context(), b.nc, b.cfg)
	require.NoError(t, err)
	b.js, err = jetstream.New(b.nc)
	require.NoError(t, err)
	return b
}

// entry is a claimed async entry that is due after a wait.
func entry(ref string, wait time.Duration) *outbox.Claimed {
	now := time.Now()
	return &outbox.Claimed{
		Entry: outbox.Entry{
			ID: uuid.New(), Topic: outbox.TopicAsync, Ref: ref, Created: now, Due: now.Add(wait), Generation: 1,
			Data: []byte(`{"$eventid":[30],"$transactionid":["t1"],"secret":["content"]}`),
		},
		Wait: wait,
	}
}

func immediate(ref string, lane outbox.Lane) outbox.Dispatch { return early(ref, 0, lane) }

// early is published although it is not due: a worker is to hold it.
func early(ref string, wait time.Duration, lane outbox.Lane) outbox.Dispatch {
	c := entry(ref, wait)
	c.Lane = lane
	return outbox.Dispatch{Claimed: c}
}

func armed(ref string, wait time.Duration) outbox.Dispatch {
	d := early(ref, wait, outbox.LaneTimer)
	d.Arm = true
	return d
}

func copied(topic, ref, data string) outbox.Dispatch {
	d := early(ref, 0, outbox.LaneCopy)
	d.Topic, d.Data = topic, []byte(data)
	return d
}

func (b *broker) publish(dispatches ...outbox.Dispatch) {
	b.t.Helper()
	for i, err := range b.publisher.Publish(b.t.Context(), dispatches) {
		require.NoError(b.t, err, "dispatch %d", i)
	}
}

func (b *broker) state() outbox.BrokerState {
	b.t.Helper()
	state, err := b.publisher.State(b.t.Context())
	require.NoError(b.t, err)
	return state
}

// requireDue waits for the number of unfinished messages that are due: consumers
// count what has been stored a moment later.
func (b *broker) requireDue(want int) {
	b.t.Helper()
	due := func() (sum int) {
		for _, n := range b.state().Due {
			sum += n
		}
		return sum
	}
	require.Eventually(b.t, func() bool { return due() == want }, patience, 5*time.Millisecond, "want %d due", want)
}

// left is how many messages are unfinished.
func (b *broker) left() int {
	b.t.Helper()
	stream, err := b.js.Stream(b.t.Context(), b.cfg.Names.WorkStream())
	require.NoError(b.t, err)
	return int(stream.CachedInfo().State.Msgs)
}

// next takes the next message of a lane and acknowledges it.
func (b *broker) next(lane outbox.Lane) jetstream.Msg {
	b.t.Helper()
	consumer, err := b.js.Consumer(b.t.Context(), b.cfg.Names.WorkStream(), b.cfg.Names.consumer(lane))
	require.NoError(b.t, err)
	msg, err := consumer.Next(jetstream.FetchMaxWait(patience))
	require.NoError(b.t, err)
	require.NoError(b.t, msg.DoubleAck(b.t.Context()))
	return msg
}

func (b *broker) stop() {
	b.t.Helper()
	b.server.Stop()
	require.Eventually(b.t, func() bool { return !b.nc.IsConnected() }, patience, time.Millisecond)
}

func eventually(t *testing.T, condition func() bool, message string) {
	t.Helper()
	require.Eventually(t, condition, patience, 5*time.Millisecond, message)
}
