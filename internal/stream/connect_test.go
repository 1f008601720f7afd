package stream

import (
	"bufio"
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

func TestHasSchedules(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"2.12.0": true, "2.12.0-RC.1": true, "2.15.2": true, "2.100.0": true, "3.0.0": true, "2.12": true,
		"2.11.9": false, "2.9.25": false, "1.4.1": false, "0.0.0": false, "": false, "2": false, "x.y.z": false, "2.x": false,
	} {
		require.Equal(t, want, hasSchedules(version), "%q", version)
	}
}

func TestConnectRefusesAnOldServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens at once or not at all
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprintf(conn, "INFO {\"server_id\":\"x\",\"version\":\"2.11.4\",\"max_payload\":1048576,\"headers\":true}\r\n")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			if lines.Text() == "PING" {
				fmt.Fprintf(conn, "PONG\r\n")
			}
		}
	}()
	_, err = Connect(Dial{URL: "nats://" + listener.Addr().String()}, zerolog.Nop())
	require.ErrorIs(t, err, ErrServerTooOld)
	require.ErrorContains(t, err, "2.11.4")
	require.NoError(t, listener.Close())
	<-ended
}

func TestConnectSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none")
	for name, dial := range map[string]Dial{
		"nobody there":   {URL: "nats://127.0.0.1:1"},
		"no nkey":        {URL: "nats://127.0.0.1:1", NKey: none},
		"no credentials": {URL: "nats://127.0.0.1:1", Credentials: none},
		"no CA":          {URL: "nats://127.0.0.1:1", CA: none},
		"no certificate": {URL: "nats://127.0.0.1:1", Certificate: none},
	} {
		_, err := Connect(dial, zerolog.Nop())
		require.Error(t, err, name)
	}
}
