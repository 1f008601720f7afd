package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/demo"
	"github.com/postlude/postlude/internal/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// A demo on somebody's server leaves it as it was. Not in parallel: other tests
// have databases of their demos there.
func TestDemoOnGivenServer(t *testing.T) {
	server := postgrestest.NewEmpty(t)
	d := demo.Demo{Place: place(), Workitems: 20, Clients: 4}
	d.DatabaseURL = server.URL
	var out, errs buffer
	require.NoError(t, d.Run(t.Context(), &out, &errs), "%s\n%s", &out, &errs)

	for _, want := range []string{"by 20 workitems", "\nlost            0\n", "\ndoubled         0\n", "\nearly           0\n", "lateness"} {
		require.Contains(t, out.String(), want)
	}
	var left int
	require.NoError(t, server.Pool.QueryRow(t.Context(),
		`SELECT count(*) FROM pg_database WHERE datname LIKE 'postlude\_demo\_%'`).Scan(&left))
	require.Zero(t, left, "databases of the demo")
	require.NoError(t, server.Pool.QueryRow(t.Context(),
		`SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&left))
	require.Zero(t, left, "tables in the given database")
}

// A second start with the same directory continues with its data.
func TestSystemKeepsItsData(t *testing.T) {
	t.Parallel()
	p := place()
	p.Data = dataDirectory(t)
	first, err := demo.Start(t.Context(), p, zerolog.Nop())
	require.NoError(t, err)
	status, created := request(t, http.MethodPost, first.APIURL+"/api/workflow/workitem",
		`{"$modelversion":["order-1.0"],"$taskid":[1000],"$eventid":[10]}`)
	shipped := eventually(func() bool { return task(t, first, created) == 5100 })
	require.NoError(t, first.Stop())
	require.Equal(t, http.StatusOK, status)
	require.True(t, shipped, "the chain of the first start")

	second, err := demo.Start(t.Context(), p, zerolog.Nop())
	require.NoError(t, err)
	kept := task(t, second, created)
	_, created = request(t, http.MethodPost, second.APIURL+"/api/workflow/workitem",
		`{"$modelversion":["order-1.0"],"$taskid":[1000],"$eventid":[10],"amount":[2000]}`)
	shipped = eventually(func() bool { return task(t, second, created) == 5000 })
	require.NoError(t, second.Stop())
	require.Equal(t, 5100, kept, "what the first start has stored")
	require.True(t, shipped, "the chain of the second start")
}

// task reads the task that a workitem is on.
func task(t *testing.T, s *demo.System, items map[string][]any) int {
	t.Helper()
	require.Len(t, items["$uniqueid"], 1)
	id, _ := items["$uniqueid"][0].(string)
	_, items = request(t, http.MethodGet, s.APIURL+"/api/workflow/workitem/"+id, "")
	require.Len(t, items["$taskid"], 1)
	number, _ := items["$taskid"][0].(float64)
	return int(number)
}

func TestDevRunsUntilItIsTold(t *testing.T) {
	t.Parallel()
	d := demo.Dev{Place: place()}
	d.DatabaseURL = postgrestest.NewEmpty(t).URL
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs buffer
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx, &out, &errs) }()
	running := eventually(func() bool { return strings.Contains(out.String(), "The system is running.") })
	cancel()
	require.NoError(t, <-ended, "%s", &errs)
	require.True(t, running, "%s", &out)
	require.Contains(t, out.String(), "nats sub --server nats://127.0.0.1:")
	require.Contains(t, out.String(), "stopping")
}

func TestDemoSaysThatItWasInterrupted(t *testing.T) {
	t.Parallel()
	d := demo.Demo{Place: place(), Workitems: 100, Clients: 4}
	d.DatabaseURL = postgrestest.NewEmpty(t).URL
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs buffer
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx, &out, &errs) }()
	loading := eventually(func() bool { return strings.Contains(out.String(), "processing 100 workitems") })
	cancel()
	err := <-ended
	require.True(t, loading, "%s", &out)
	require.EqualError(t, err, "interrupted before the end")
}

// What cannot start says why and leaves nothing.
func TestStartFails(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewEmpty(t)
	_, err := server.Pool.Exec(t.Context(), `CREATE ROLE nobody_demo LOGIN PASSWORD 'x'`)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = server.Pool.Exec(context.WithoutCancel(t.Context()), `DROP ROLE nobody_demo`) })
	config, err := pgx.ParseConfig(server.URL)
	require.NoError(t, err)

	tests := map[string]struct {
		change func(*demo.Place)
		want   string
	}{
		"no right to create databases": {
			func(p *demo.Place) {
				p.DatabaseURL = strings.Replace(server.URL, config.User+":"+config.Password+"@", "nobody_demo:x@", 1)
			}, "CREATEDB",
		},
		"the api would be open": {func(p *demo.Place) { p.Address = "0.0.0.0:0" }, "other machines"},
		"the database is away":  {func(p *demo.Place) { p.DatabaseURL = "postgres://u@127.0.0.1:1/x" }, "connection refused"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := place()
			p.DatabaseURL = server.URL
			tt.change(&p)
			_, err := demo.Start(t.Context(), p, zerolog.Nop())
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func place() demo.Place {
	return demo.Place{Address: "127.0.0.1:0", Workers: 2, LogLevel: "warn"}
}

// dataDirectory is one that an unprivileged Postgres can reach, too, when the
// tests run as root.
func dataDirectory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "postlude-demo-test-*") //nolint:usetesting // TempDir's parent is private to us
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return filepath.Join(dir, "data")
}

func request(t *testing.T, method, url, body string) (int, map[string][]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Close = true
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	items := map[string][]any{}
	if response.StatusCode == http.StatusOK {
		require.NoError(t, json.Unmarshal(data, &items), "%s", data)
	}
	return response.StatusCode, items
}

// eventually asks until it is so, at most half a minute.
func eventually(so func() bool) bool {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-ticker.C {
		if so() {
			return true
		}
	}
	return false
}

// buffer may be written and read at the same time.
type buffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
