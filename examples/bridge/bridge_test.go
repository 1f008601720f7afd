package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
	"github.com/postlude/postlude/examples/internal/programtest"
	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgrestest"
)

func TestMain(m *testing.M) { programtest.Main(m, main) }

// installation is a database, a broker and a relay.
type installation struct {
	pool     *pgxpool.Pool
	database string
	server   *natstest.Server
	broker   string
}

func install(t *testing.T) installation {
	t.Helper()
	database, broker := postgrestest.New(t), natstest.New(t)
	// Test databases are copies of one, with its id.
	_, err := database.Pool.Exec(t.Context(), "UPDATE installation SET id = gen_random_uuid()")
	require.NoError(t, err)
	relay := &app.Relay{
		Database: app.Database{URL: database.URL, MaxConns: 8}, NATS: app.NATS{URL: broker.URL()},
		AsyncEvent: app.AsyncEvent{Interval: 1000, Deadlock: 10_000},
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- relay.Run(ctx, zerolog.Nop()) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-ended) })
	return installation{pool: database.Pool, database: database.URL, server: broker, broker: broker.URL()}
}

// stream looks at a stream of the broker.
func (i installation) stream(t *testing.T, name string) jetstream.Stream {
	t.Helper()
	nc, err := nats.Connect(i.broker)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	var stream jetstream.Stream
	require.Eventually(t, func() bool {
		stream, err = js.Stream(t.Context(), name)
		return err == nil
	}, 30*time.Second, 10*time.Millisecond)
	return stream
}

func (i installation) count(t *testing.T, sql string) (n int) {
	t.Helper()
	require.NoError(t, i.pool.QueryRow(t.Context(), sql).Scan(&n))
	return n
}

// way is a way to a broker that can be made deaf: then it brings what the broker
// says, and swallows what it is told from the first acknowledgement on.
type way struct {
	listener net.Listener
	broker   string
	deaf     atomic.Bool
	copying  sync.WaitGroup
}

func newWay(t *testing.T, broker string) *way {
	t.Helper()
	address, err := url.Parse(broker)
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &way{listener: listener, broker: address.Host}
	w.copying.Go(w.accept)
	t.Cleanup(func() { _ = listener.Close(); w.copying.Wait() })
	return w
}

func (w *way) url() string { return "nats://" + w.listener.Addr().String() }

func (w *way) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", w.broker)
		if err != nil {
			_ = client.Close()
			continue
		}
		w.copying.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
		w.copying.Go(func() { w.listen(client, server); _ = server.Close() })
	}
}

// listen brings the broker what it is told.
func (w *way) listen(client io.Reader, server io.Writer) {
	swallow := false
	for buffer := make([]byte, 64<<10); ; {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		said := buffer[:n]
		if i := bytes.Index(said, []byte("PUB $JS.ACK")); i >= 0 && w.deaf.Load() {
			said, swallow = said[:max(i-1, 0)], true
		}
		if swallow {
			continue
		}
		if _, err := server.Write(said); err != nil {
			return
		}
	}
}

func TestEveryEntryArrivesOnceHoweverOftenTheBridgeDies(t *testing.T) {
	t.Parallel()
	const entries, kills = 300, 3
	a, b := install(t), install(t)
	require.NoError(t, outbox.SetTopic(t.Context(), a.pool, outbox.Topic{Pattern: "order*", Policy: outbox.PolicyHandover, Stream: "ORDERS", Grace: time.Second}))
	want := map[string]bool{}
	require.NoError(t, pgx.BeginFunc(t.Context(), a.pool, func(tx pgx.Tx) error {
		for i := range entries {
			ref := fmt.Sprintf("order %d ä%%", i)
			want[ref] = true
			_, err := eventlog.Create(t.Context(), tx, eventlog.Event{
				Topic: "order.paid", Ref: ref, Data: json.RawMessage(fmt.Sprintf(`{"number":[%d]}`, i)),
				Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	orders := a.stream(t, "ORDERS")
	require.Eventually(t, func() bool {
		return a.count(t, "SELECT count(*) FROM eventlog") == 0
	}, 60*time.Second, 20*time.Millisecond, "handed over, and proved")

	w := newWay(t, a.broker)
	args := []string{"--nats", w.url(), "--stream", "ORDERS", "--filter", "handover.ORDERS.order.>", "--ack-wait", "1s"}
	environment := []string{"DATABASE_URL=" + b.database}
	arrived := func() int { return b.count(t, "SELECT count(*) FROM eventlog") }
	w.deaf.Store(true)
	for range kills {
		program := programtest.Start(t, environment, args...)
		before := arrived()
		require.Eventually(t, func() bool { return arrived() > before+5 }, 30*time.Second, 5*time.Millisecond)
		program.Kill()
	}
	w.deaf.Store(false)
	program := programtest.Start(t, environment, args...)
	open := func() int { // messages that are not acknowledged
		consumer, err := orders.Consumer(t.Context(), "postlude-bridge")
		if err != nil {
			return entries
		}
		return int(consumer.CachedInfo().NumPending) + consumer.CachedInfo().NumAckPending
	}
	// The others were not heard, so this one has begun.
	require.Eventually(t, func() bool { return open() < entries }, 30*time.Second, time.Millisecond)
	a.server.Restart()
	require.Eventually(t, func() bool { return open() == 0 }, 60*time.Second, 50*time.Millisecond)
	require.Zero(t, program.Stop())

	rows, err := b.pool.Query(t.Context(), "SELECT topic, ref, data::text, traceparent FROM eventlog")
	require.NoError(t, err)
	type row struct{ Topic, Ref, Data, Traceparent string }
	got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	require.NoError(t, err)
	require.Len(t, got, entries, "each once")
	for _, r := range got {
		var number int
		_, err := fmt.Sscanf(r.Ref, "order %d ä%%", &number)
		require.NoError(t, err)
		require.Equal(t, row{"order.paid", r.Ref, fmt.Sprintf(`{"number":[%d]}`, number), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}, r)
		delete(want, r.Ref)
	}
	require.Empty(t, want, "and all of them")

	consumer, err := orders.Consumer(t.Context(), "postlude-bridge")
	require.NoError(t, err)
	repeated := int(consumer.CachedInfo().Delivered.Consumer) - entries
	require.GreaterOrEqual(t, repeated, 5*kills, "messages were delivered again, or this test tests nothing")
	t.Logf("%d entries, %d kills, %d messages delivered again", entries, kills, repeated)

	tap := b.stream(t, "EVENTLOG")
	require.Eventually(t, func() bool {
		info, err := tap.Info(t.Context())
		return err == nil && info.State.Msgs >= entries
	}, 30*time.Second, 50*time.Millisecond, "the other side's relay publishes them")
}

// newStream makes a stream of handovers without an installation behind it.
func newStream(t *testing.T, broker string) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	nc, err := nats.Connect(broker)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "HANDOVER", Subjects: []string{"handover.>"}})
	require.NoError(t, err)
	return js, stream
}

// publish publishes a message as a relay does, with some headers changed.
func publish(t *testing.T, js jetstream.JetStream, data string, change ...string) {
	t.Helper()
	msg := nats.NewMsg("handover.HANDOVER.t.r")
	msg.Data = []byte(data)
	for name, value := range map[string]string{
		"ce-id": "1", "ce-source": "urn:postlude:x", "ce-type": "t", "ce-subject": "r", "Postlude-Due": "2030-01-02T03:04:05Z",
	} {
		msg.Header.Set(name, value)
	}
	for i := 0; i < len(change); i += 2 {
		msg.Header.Set(change[i], change[i+1])
	}
	_, err := js.PublishMsg(t.Context(), msg)
	require.NoError(t, err)
}

func TestWhatIsNoEntryIsReportedAndNotDeliveredAgain(t *testing.T) {
	t.Parallel()
	broker, database := natstest.New(t), postgrestest.New(t)
	js, stream := newStream(t, broker.URL())
	publish(t, js, "{", "ce-id", "2")
	publish(t, js, "1", "ce-id", "")
	publish(t, js, "1", "ce-type", "%zz")
	publish(t, js, "1", "Postlude-Due", "soon")
	publish(t, js, "1")
	publish(t, js, "2") // another content under the same id
	publish(t, js, "", "ce-id", "3", "ce-subject", "last")
	program := programtest.Start(t, []string{"DATABASE_URL=" + database.URL}, "--nats", broker.URL())
	require.Eventually(t, func() bool {
		consumer, err := stream.Consumer(t.Context(), "postlude-bridge")
		return err == nil && consumer.CachedInfo().NumPending == 0 && consumer.CachedInfo().NumAckPending == 0
	}, 30*time.Second, 10*time.Millisecond)
	require.Zero(t, program.Stop())
	require.Equal(t, 5, strings.Count(program.Output(), "\n"), program.Output())
	for _, reason := range []string{"invalid event log entry", "not of postlude", "used for another entry"} {
		require.Contains(t, program.Output(), reason)
	}
	rows, err := database.Pool.Query(t.Context(), "SELECT ref || coalesce(data::text, '') FROM eventlog ORDER BY 1")
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{"last", "r1"}, got)
}

// A database that cannot take an entry delays it and loses nothing.
func TestADatabaseThatIsNotWellDelays(t *testing.T) {
	t.Parallel()
	broker, database := natstest.New(t), postgrestest.New(t)
	js, _ := newStream(t, broker.URL())
	_, err := database.Pool.Exec(t.Context(), "ALTER TABLE eventlog RENAME TO away")
	require.NoError(t, err)
	publish(t, js, "1")
	program := programtest.Start(t, []string{"DATABASE_URL=" + database.URL}, "--nats", broker.URL())
	require.Eventually(t, func() bool { return strings.Contains(program.Output(), "eventlog") }, 30*time.Second, 10*time.Millisecond)
	_, err = database.Pool.Exec(t.Context(), "ALTER TABLE away RENAME TO eventlog")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		var n int
		err := database.Pool.QueryRow(t.Context(), "SELECT count(*) FROM eventlog").Scan(&n)
		return err == nil && n == 1
	}, 30*time.Second, 50*time.Millisecond)
	require.Zero(t, program.Stop())
}

// A transaction that fails once.
func TestTheOrderIsKeptIfItIsAskedFor(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{"2,3,1": nil, "1,2,3": {"--ordered"}} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			broker, database := natstest.New(t), postgrestest.New(t)
			js, _ := newStream(t, broker.URL())
			_, err := database.Pool.Exec(t.Context(), `
				CREATE SEQUENCE once;
				CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
					IF NEW.ref = '1' AND nextval('once') = 1 THEN RAISE 'not now' USING ERRCODE = '40001'; END IF;
					RETURN NEW;
				END $$;
				CREATE TRIGGER fail_once BEFORE INSERT ON eventlog FOR EACH ROW EXECUTE FUNCTION fail_once()`)
			require.NoError(t, err)
			for _, ref := range []string{"1", "2", "3"} {
				publish(t, js, "1", "ce-id", ref, "ce-subject", ref)
			}
			program := programtest.Start(t, []string{"DATABASE_URL=" + database.URL}, append(args, "--nats", broker.URL())...)
			var n int
			var order string
			require.Eventually(t, func() bool {
				err := database.Pool.QueryRow(t.Context(), "SELECT count(*), string_agg(ref, ',' ORDER BY created) FROM eventlog HAVING count(*) > 0").Scan(&n, &order)
				return err == nil && n == 3
			}, 30*time.Second, 20*time.Millisecond)
			require.Equal(t, want, order)
			require.Zero(t, program.Stop())
		})
	}
}

// Messages do not wait in the program until they are delivered again.
func TestASlowDatabaseIsNotGivenMessagesTwice(t *testing.T) {
	t.Parallel()
	const messages = 60
	broker, database := natstest.New(t), postgrestest.New(t)
	js, stream := newStream(t, broker.URL())
	_, err := database.Pool.Exec(t.Context(), `
		CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$;
		CREATE TRIGGER slow BEFORE INSERT ON eventlog FOR EACH ROW EXECUTE FUNCTION slow()`)
	require.NoError(t, err)
	for i := range messages {
		publish(t, js, "1", "ce-id", fmt.Sprint(i))
	}
	program := programtest.Start(t, []string{"DATABASE_URL=" + database.URL}, "--nats", broker.URL(), "--ack-wait", "4s")
	var info *jetstream.ConsumerInfo
	require.Eventually(t, func() bool {
		consumer, err := stream.Consumer(t.Context(), "postlude-bridge")
		if err != nil {
			return false
		}
		info = consumer.CachedInfo()
		return info.NumPending == 0 && info.NumAckPending == 0
	}, 60*time.Second, 50*time.Millisecond)
	require.EqualValues(t, messages, info.Delivered.Consumer)
	require.Zero(t, program.Stop())
}

func TestABrokerThatComesLaterIsWaitedFor(t *testing.T) {
	t.Parallel()
	broker, database := natstest.New(t), postgrestest.New(t)
	js, _ := newStream(t, broker.URL())
	publish(t, js, "1")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	program := programtest.Start(t, []string{"DATABASE_URL=" + database.URL}, "--nats", "nats://"+listener.Addr().String())
	deadline, ok := listener.(*net.TCPListener)
	require.True(t, ok)
	require.NoError(t, deadline.SetDeadline(time.Now().Add(30*time.Second)))
	for range 2 { // as a broker that is about to end
		conn, err := listener.Accept()
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	require.NoError(t, deadline.SetDeadline(time.Time{}))
	address, err := url.Parse(broker.URL())
	require.NoError(t, err)
	w := &way{listener: listener, broker: address.Host}
	w.copying.Go(w.accept)
	t.Cleanup(func() { _ = listener.Close(); w.copying.Wait() })
	require.Eventually(t, func() bool {
		var n int
		err := database.Pool.QueryRow(t.Context(), "SELECT count(*) FROM eventlog").Scan(&n)
		return err == nil && n == 1
	}, 30*time.Second, 20*time.Millisecond)
	require.Zero(t, program.Stop())
	require.Equal(t, 2, strings.Count(program.Output(), "again in"))
}

func TestABridgeThatWaitsForItsBrokerCanBeStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var stderr strings.Builder
	getenv := func(string) string { return "postgres://nobody@127.0.0.1:1/none" }
	require.Zero(t, run(ctx, []string{"--nats", "nats://127.0.0.1:1"}, getenv, &stderr))
	require.Contains(t, stderr.String(), "connect to nats")
}

func TestStartsThatAreRefused(t *testing.T) {
	t.Parallel()
	broker := natstest.New(t)
	for args, want := range map[string]struct {
		status int
		output string
	}{
		"--nonsense":             {2, "nonsense"},
		"order":                  {2, `nobody knows "order"`},
		"--nats nats://%zz":      {1, "connect to nats"},
		"--nats " + broker.URL(): {1, "consume stream HANDOVER"},
	} {
		var stderr strings.Builder
		status := run(t.Context(), strings.Fields(args), func(string) string { return "postgres://nobody@127.0.0.1:1/none" }, &stderr)
		require.Equal(t, want.status, status, args)
		require.Contains(t, stderr.String(), want.output)
	}
	var stderr strings.Builder
	require.Equal(t, 2, run(t.Context(), nil, func(string) string { return "" }, &stderr))
	require.Contains(t, stderr.String(), "DATABASE_URL is needed")
}
