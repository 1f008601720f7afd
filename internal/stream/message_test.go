package stream

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

func TestHeaderValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":        "",
		"a.b*>~":  "a.b*>~",
		"a b":     "a%20b",
		"ü":       "%C3%BC",
		"100%":    "100%25",
		`"`:       "%22",
		"a\r\nb:": "a%0D%0Ab:",
		"\x7f":    "%7F",
	} {
		require.Equal(t, want, headerValue(text), "%q", text)
	}
}

func TestAsyncMessagesCarryIDsOnly(t *testing.T) {
	t.Parallel()
	cfg := Config{Installation: "i"}.withDefaults()
	d := immediate("r", outbox.LaneNow)
	d.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	msg, err := encode(&cfg, d, brokerClock{})
	require.NoError(t, err)
	body, err := workitem.ParseJSON(msg.Data)
	require.NoError(t, err)
	require.NotContains(t, string(msg.Data), "secret")
	require.Equal(t, d.ID.String(), body.Text("id"))
	require.Equal(t, outbox.TopicAsync, body.Text("topic"))
	require.Equal(t, "r", body.Text("ref"))
	require.Equal(t, 30, body.Int(workitem.EventID))
	require.Equal(t, "t1", body.Text(workitem.TransactionID))
	require.True(t, body.Date("due").Equal(d.Due.Truncate(time.Millisecond)))

	require.Equal(t, "1.0", msg.Header.Get("ce-specversion"))
	require.Equal(t, d.ID.String(), msg.Header.Get("ce-id"))
	require.Equal(t, "urn:postlude:i", msg.Header.Get("ce-source"))
	require.Equal(t, "async.event", msg.Header.Get("ce-type"))
	require.Equal(t, "r", msg.Header.Get("ce-subject"))
	require.Equal(t, d.Created.UTC().Format(time.RFC3339Nano), msg.Header.Get("ce-time"))
	require.Equal(t, d.Traceparent, msg.Header.Get("traceparent"))
	require.Equal(t, d.ID.String()+":1", msg.Header.Get("Nats-Msg-Id"))
	require.Empty(t, msg.Header.Get("Nats-Expected-Last-Subject-Sequence"))

	d.Generation, d.Data = 2, []byte("no items")
	msg, err = encode(&cfg, d, brokerClock{})
	require.NoError(t, err)
	require.Equal(t, "0", msg.Header.Get("Nats-Expected-Last-Subject-Sequence"), "what is queued is not queued again")
	require.Equal(t, d.ID.String()+":2", msg.Header.Get("Nats-Msg-Id"))
	body, err = workitem.ParseJSON(msg.Data)
	require.NoError(t, err)
	require.Empty(t, body.Values(workitem.EventID))
}

// The broker's clock may be wrong: schedules are set by it and not by ours.
func TestSchedulesAreSetByTheBrokersClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Installation: "i"}.withDefaults()
		const fast = 7 * time.Hour
		clock := brokerClock{broker: time.Now().Add(fast), ours: time.Now()}
		<-time.After(time.Minute)
		msg, err := encode(&cfg, armed("r", 10*time.Second), clock)
		require.NoError(t, err)
		want := time.Now().Add(fast + 10*time.Second - lead).UTC()
		require.Equal(t, "@at "+want.Format(time.RFC3339Nano), msg.Header.Get("Nats-Schedule"))
		require.Contains(t, msg.Header.Get("Nats-Schedule-Target"), "asyncevent.due.timer.")
	})
}

func TestDefaultsOfTheConfiguration(t *testing.T) {
	t.Parallel()
	c := Config{}.withDefaults()
	require.Equal(t, Config{Lease: time.Minute, Replicas: 1, TapMaxAge: 24 * time.Hour, TapMaxBytes: 1 << 30}, c)
	require.Equal(t, ConsumerConfig{BatchSize: 256, Concurrency: 2, MaxHeld: 4096}, ConsumerConfig{}.withDefaults())
}
