package natsserver_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/postlude/postlude/internal/natsserver"
	"github.com/postlude/postlude/internal/privatedir"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStopLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // to see what is left in it
	server := start(t, natsserver.Options{})
	publish(t, server.URL(), "one")
	require.Len(t, entries(t, os.TempDir()), 1)

	require.NoError(t, server.Stop())

	require.Empty(t, entries(t, os.TempDir()))
	_, err := nats.Connect(server.URL())
	require.ErrorIs(t, err, nats.ErrNoServers)
	require.NoError(t, server.Stop(), "a second stop")
}

func TestSameDirAndPortKeepStreams(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "missing", "nats")
	first := start(t, natsserver.Options{Dir: dir})
	publish(t, first.URL(), "one")
	require.NoError(t, first.Stop())

	second := start(t, natsserver.Options{Dir: dir, Port: first.Port()})

	require.Equal(t, first.URL(), second.URL())
	require.Equal(t, uint64(2), publish(t, second.URL(), "two"), "sequence after the restart")
}

func TestDirInUseIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, natsserver.Options{Dir: dir})

	_, err := natsserver.Start(natsserver.Options{Dir: dir})

	require.ErrorIs(t, err, privatedir.ErrInUse)
	require.ErrorContains(t, err, dir)
}

func TestPortInUseIsRefusedAtOnce(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	taken := start(t, natsserver.Options{Dir: t.TempDir()})

	_, err := natsserver.Start(natsserver.Options{Port: taken.Port()})

	require.ErrorContains(t, err, strconv.Itoa(taken.Port()))
	require.ErrorContains(t, err, "address already in use")
	require.Empty(t, entries(t, os.TempDir()))
}

func TestLogGoesToTheWriter(t *testing.T) {
	t.Parallel()
	var log lines
	server := start(t, natsserver.Options{Log: &log})
	require.NoError(t, server.Stop())
	require.Contains(t, log.String(), "INF Server is ready\n")
}

func start(t *testing.T, opts natsserver.Options) *natsserver.Server {
	t.Helper()
	server, err := natsserver.Start(opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	return server
}

// publish stores a message and returns its sequence in the stream.
func publish(t *testing.T, url, data string) uint64 {
	t.Helper()
	conn, err := nats.Connect(url)
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	_, err = js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	require.NoError(t, err)
	ack, err := js.Publish(t.Context(), "s.x", []byte(data))
	require.NoError(t, err)
	return ack.Sequence
}

func entries(t *testing.T, dir string) []fs.DirEntry {
	t.Helper()
	found, err := os.ReadDir(dir)
	require.NoError(t, err)
	return found
}

// lines is a buffer for concurrent writers.
type lines struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Clone(l.buffer.String())
}
