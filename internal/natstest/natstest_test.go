package natstest_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/postlude/postlude/internal/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestClientSurvivesRestart(t *testing.T) {
	t.Parallel()
	server := natstest.New(t)
	conn, js := connect(t, server)
	createStream(t, js)

	server.Stop()
	require.Eventually(t, func() bool { return !conn.IsConnected() }, 10*time.Second, time.Millisecond)
	server.Start()
	require.Eventually(t, conn.IsConnected, 10*time.Second, time.Millisecond)

	_, err := js.Stream(t.Context(), "S")
	require.NoError(t, err, "the stream survives")
}

func TestWipeLosesStreams(t *testing.T) {
	t.Parallel()
	server := natstest.New(t)
	_, js := connect(t, server)
	createStream(t, js)

	server.Wipe()

	_, js = connect(t, server)
	_, err := js.Stream(t.Context(), "S")
	require.ErrorIs(t, err, jetstream.ErrStreamNotFound)
}

func connect(t *testing.T, server *natstest.Server) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	conn, err := nats.Connect(server.URL(), nats.ReconnectWait(10*time.Millisecond), nats.MaxReconnects(-1))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return conn, js
}

func createStream(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	require.NoError(t, err)
}
