package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/postgrestest"
	"github.com/postlude/postlude/internal/stream"
)

// examine runs the doctor and returns what it found, by check.
func examine(t *testing.T, args ...string) (status int, results, details map[string]string) {
	t.Helper()
	got := call(t, "", append([]string{"doctor", "--json"}, args...)...)
	require.Empty(t, got.err)
	var document struct {
		OK     bool
		Checks []check
	}
	require.NoError(t, json.Unmarshal([]byte(got.out), &document))
	require.Equal(t, document.OK, got.status == 0)
	results, details = map[string]string{}, map[string]string{}
	for _, c := range document.Checks {
		results[c.Name], details[c.Name] = string(c.Result), c.Detail
	}
	return got.status, results, details
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	db, broker := postgrestest.New(t), natstest.New(t)
	url, nats := "--database-url="+db.URL, "--nats-url="+broker.URL()
	status, results, _ := examine(t, url, nats, "--asyncevent-enabled")
	require.Zero(t, status)
	require.Equal(t, map[string]string{"database": "ok", "schema": "ok", "broker": "ok", "async events": "ok", "topics": "ok"}, results)
	require.Regexp(t, `^CHECK +RESULT +DETAIL\ndatabase +ok `, succeed(t, "", "doctor", url, nats, "--asyncevent-enabled"))

	status, results, details := examine(t, url, nats)
	require.Equal(t, 1, status)
	require.Equal(t, "problem", results["async events"])
	require.Contains(t, details["async events"], "ASYNCEVENT_PROCESSOR_ENABLED is not true")

	_, err := db.Pool.Exec(t.Context(), `
		INSERT INTO eventlog (topic, ref, published_at, dispatch_at) VALUES
			('invoice.sent', 'r', now() - interval '2 days', NULL), ('invoice.sent', 'r', now() - interval '2 days', NULL), ('fresh', 'r', now(), NULL)`)
	require.NoError(t, err)
	status, results, details = examine(t, url, nats, "--asyncevent-enabled")
	require.Equal(t, 1, status)
	require.Equal(t, "problem", results["topics"])
	require.Regexp(t, `^invoice.sent: 2 entries published and not removed, the oldest for 48h0m\d+s$`, details["topics"])
	status, _, _ = examine(t, url, nats, "--asyncevent-enabled", "--unconsumed=72h")
	require.Zero(t, status)
}

func TestDoctorFindsWhatIsAway(t *testing.T) {
	t.Parallel()
	away := []string{"--database-url=postgres://u:secret@127.0.0.1:1/x", "--nats-url=nats://u:secret@127.0.0.1:1", "--asyncevent-enabled"}
	status, results, details := examine(t, away...)
	require.Equal(t, 1, status)
	require.Equal(t, map[string]string{
		"database": "problem", "schema": "unknown", "broker": "problem", "async events": "ok", "topics": "unknown",
	}, results)
	for name, detail := range details {
		require.NotContains(t, detail, "secret", name)
	}

	_, results, details = examine(t, "--database-url="+postgrestest.NewEmpty(t).URL, "--nats-url=nats://127.0.0.1:1")
	require.Equal(t, "ok", results["database"])
	require.Equal(t, "problem", results["schema"])
	require.Contains(t, details["schema"], "postlude migrate")
}

func TestDoctorFindsAForeignStream(t *testing.T) {
	t.Parallel()
	db, broker := postgrestest.New(t), natstest.New(t)
	_, err := stream.NewPublisher(t.Context(), dial(t, broker.URL()), stream.Config{Installation: uuid.NewString()})
	require.NoError(t, err)
	_, results, details := examine(t, "--database-url="+db.URL, "--nats-url="+broker.URL())
	require.Equal(t, "problem", results["broker"])
	require.Contains(t, details["broker"], "belongs to installation")
	_, results, _ = examine(t, "--database-url="+db.URL, "--nats-url="+broker.URL(), "--prefix=ours")
	require.Equal(t, "ok", results["broker"])
}

func TestDoctorFindsAStreamThatDoesNotKeepHandovers(t *testing.T) {
	t.Parallel()
	db, broker := postgrestest.New(t), natstest.New(t)
	url, nats := "--database-url="+db.URL, "--nats-url="+broker.URL()
	succeed(t, "", "topic", "set", "order", url, "--policy=handover", "--stream=ORDERS", "--grace=10m")
	_, results, _ := examine(t, url, nats)
	require.Equal(t, "ok", results["broker"], "a relay will make it")

	installation := ""
	require.NoError(t, db.Pool.QueryRow(t.Context(), "SELECT id::text FROM installation").Scan(&installation))
	js, err := jetstream.New(dial(t, broker.URL()))
	require.NoError(t, err)
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "ORDERS", Subjects: []string{"handover.ORDERS.>"}, MaxAge: time.Minute,
		Metadata: map[string]string{"postlude.installation": installation},
	})
	require.NoError(t, err)
	_, results, details := examine(t, url, nats)
	require.Equal(t, "problem", results["broker"])
	require.Contains(t, details["broker"], "order: stream ORDERS keeps messages for 1m0s")
}

func dial(t *testing.T, url string) *stream.Conn {
	t.Helper()
	nc, err := stream.Connect(stream.Dial{URL: url, Name: t.Name()}, zerolog.Nop())
	require.NoError(t, err)
	t.Cleanup(func() {
		closed := nc.StatusChanged(nats.CLOSED)
		nc.Close()
		<-closed
	})
	return nc
}
