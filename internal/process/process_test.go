package process_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/postlude/postlude/internal/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type flags struct {
	process.Log
	Name string `name:"name" env:"PROCESS_TEST_NAME" default:"anna" help:"A name."`
	N    int    `name:"n" help:"A number."`
}

func program(f *flags, run func(context.Context, zerolog.Logger) error) process.Program {
	return process.Program{Name: "tester", Description: "Tests.", Flags: f, Log: &f.Log, Run: run}
}

func TestMainSaysHowItEnded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args   []string
		err    error
		status int
		line   string // on standard error
	}{
		"clean":                  {nil, nil, process.ExitOK, ""},
		"told to stop":           {nil, context.Canceled, process.ExitOK, ""},
		"failed":                 {nil, errors.New("connect:\n\tno route\n\tno route"), process.ExitFailure, "tester: connect: no route\n"},
		"unknown flag":           {[]string{"--nonsense"}, nil, process.ExitUsage, "tester: unknown flag --nonsense (see tester --help)\n"},
		"not a number":           {[]string{"--n=x"}, nil, process.ExitUsage, "tester: --n: expected a valid 64 bit int but got \"x\" (see tester --help)\n"},
		"level that is not one":  {[]string{"--log-level=loud"}, nil, process.ExitUsage, ""},
		"argument that is extra": {[]string{"extra"}, nil, process.ExitUsage, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			f := new(flags)
			status := process.Main(program(f, func(context.Context, zerolog.Logger) error { return tt.err }), tt.args, &stdout, &stderr)
			require.Equal(t, tt.status, status, "%s", stderr.String())
			require.Empty(t, stdout.String())
			if tt.line != "" || status == process.ExitOK {
				require.Equal(t, tt.line, stderr.String())
			}
			require.LessOrEqual(t, strings.Count(stderr.String(), "\n"), 1)
		})
	}
}

func TestHelpNamesTheVariables(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	status := process.Main(program(new(flags), nil), []string{"--help"}, &stdout, &stderr)
	require.Equal(t, process.ExitOK, status)
	require.Contains(t, stdout.String(), "$PROCESS_TEST_NAME")
	require.Contains(t, stdout.String(), "$POSTLUDE_LOG_LEVEL")
	require.Empty(t, stderr.String())
}

func TestFlagsThenEnvironmentThenDefaults(t *testing.T) {
	run := func(args ...string) string {
		f := new(flags)
		require.Zero(t, process.Main(program(f, func(context.Context, zerolog.Logger) error { return nil }), args, io.Discard, io.Discard))
		return f.Name
	}
	require.Equal(t, "anna", run())
	t.Setenv("PROCESS_TEST_NAME", "bert")
	require.Equal(t, "bert", run())
	require.Equal(t, "carl", run("--name=carl"))
}

func TestASignalEndsTheContext(t *testing.T) {
	status := process.Main(program(new(flags), func(ctx context.Context, _ zerolog.Logger) error {
		require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGTERM))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(10 * time.Second):
			return errors.New("no signal came")
		}
	}), nil, io.Discard, io.Discard)
	require.Equal(t, process.ExitOK, status)
}

// Whoever asks without end, and gives up, costs a check a second and spoils it for
// nobody.
func TestAReadinessCheckIsMadeOnceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		made := 0
		ready := process.Ready(t.Context(), map[string]process.Check{"postgres": func(ctx context.Context) error {
			made++
			return ctx.Err()
		}})
		ask := func(ctx context.Context) int {
			w := httptest.NewRecorder()
			ready.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/readyz", http.NoBody))
			return w.Code
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.Equal(t, http.StatusOK, ask(gone))
		for range 100 {
			require.Equal(t, http.StatusOK, ask(t.Context()))
		}
		require.Equal(t, 1, made)
		<-time.After(time.Second)
		ask(t.Context())
		require.Equal(t, 2, made)
	})
}

func TestAdminEndpoint(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var sick atomic.Value
	ctx, cancel := context.WithCancel(t.Context())
	stop, err := process.Admin{Address: "127.0.0.1:0"}.Serve(ctx, process.NewRegistry(),
		map[string]process.Check{"postgres": func(context.Context) error {
			err, _ := sick.Load().(error)
			return err
		}}, zerolog.New(&log))
	require.NoError(t, err)
	defer stop()
	var line struct{ Address string }
	require.NoError(t, json.Unmarshal(log.Bytes(), &line))
	get := func(path string) (int, string) {
		response, err := http.Get("http://" + line.Address + path) //nolint:noctx // a server of this test
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(body)
	}
	status, body := get("/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "go_goroutines")
	status, body = get("/readyz")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"postgres":"ok"}`, body)
	sick.Store(errors.New("away"))
	require.Eventually(t, func() bool {
		status, body = get("/readyz")
		return status == http.StatusServiceUnavailable
	}, 10*time.Second, 50*time.Millisecond)
	require.JSONEq(t, `{"postgres":"away"}`, body)
	cancel()
	status, body = get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status, "a process that stops takes no more work")
	require.Contains(t, body, "stopping")
	status, _ = get("/healthz")
	require.Equal(t, http.StatusOK, status)
	http.DefaultClient.CloseIdleConnections()
}
