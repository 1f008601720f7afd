package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/examples"
	"github.com/postlude/postlude/internal/natstest"
	"github.com/postlude/postlude/internal/postgrestest"
	"github.com/postlude/postlude/internal/workitem"
)

// cluster is an installation: a database, a broker, and programs as processes.
type cluster struct {
	t      testing.TB
	pool   *pgxpool.Pool
	broker *natstest.Server
	env    []string
	api    string
	logs   string
}

// newCluster makes the database and the broker, deploys the example models and
// starts the API. deadlock is the lease.
func newCluster(tb testing.TB, deadlock time.Duration) *cluster {
	tb.Helper()
	db := postgrestest.New(tb)
	return newClusterOn(tb, db.Pool, db.URL, deadlock)
}

func newClusterOn(tb testing.TB, pool *pgxpool.Pool, url string, deadlock time.Duration) *cluster {
	tb.Helper()
	broker := natstest.New(tb)
	c := &cluster{
		t: tb, pool: pool, broker: broker, logs: tb.TempDir(),
		env: append(os.Environ(),
			"DATABASE_URL="+url,
			"NATS_URL="+broker.URL(),
			"ASYNCEVENT_PROCESSOR_ENABLED=true",
			fmt.Sprintf("ASYNCEVENT_PROCESSOR_DEADLOCK=%d", deadlock.Milliseconds()),
			"POSTLUDE_DATABASE_CONNECTIONS=8",
		),
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			c.showLogs()
		}
	})
	c.startAPI()
	for _, file := range []string{"ticket.bpmn", "order.bpmn"} {
		source, err := examples.FS.ReadFile(file)
		require.NoError(tb, err)
		c.deploy(source)
	}
	return c
}

// program is a running process.
type program struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// start starts a program and waits until it says that it has started: before
// that a signal ends it as it ends any process, and proves nothing. The end of
// the test stops it.
func (c *cluster) start(name string, env ...string) *program {
	c.t.Helper()
	log, err := os.CreateTemp(c.logs, name+"-*.log")
	require.NoError(c.t, err)
	p := &program{name: name, done: make(chan struct{})}
	p.cmd = exec.CommandContext(context.Background(), filepath.Join(binaries, name))
	p.cmd.Env = slices.Concat(c.env, env)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	require.NoError(c.t, p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		_ = log.Close()
		close(p.done)
	}()
	c.t.Cleanup(func() { p.stop(c.t) })
	require.Eventually(c.t, func() bool {
		text, err := os.ReadFile(log.Name())
		return err == nil && bytes.Contains(text, []byte(` started"`))
	}, 30*time.Second, 5*time.Millisecond, "%s does not start", name)
	return p
}

// kill is SIGKILL: the process has no chance to end in order.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop is SIGTERM, and proves a clean end; nothing if the process has ended.
func (p *program) stop(tb testing.TB) {
	tb.Helper()
	select {
	case <-p.done:
		return
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		require.NoError(tb, p.err, "%s after SIGTERM", p.name)
	case <-time.After(30 * time.Second):
		p.kill()
		tb.Errorf("%s did not end within 30 s of SIGTERM", p.name)
	}
}

func (c *cluster) showLogs() {
	files, _ := filepath.Glob(filepath.Join(c.logs, "*.log"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		if len(text) > 4000 {
			text = text[len(text)-4000:]
		}
		c.t.Logf("%s:\n%s", filepath.Base(file), text)
	}
}

func (c *cluster) startAPI() {
	c.t.Helper()
	address := freeAddress(c.t)
	c.api = "http://" + address
	c.start("workflow-api", "POSTLUDE_API_ADDRESS="+address)
	require.Eventually(c.t, func() bool {
		response, err := http.Get(c.api + "/readyz") //nolint:noctx // a probe
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, 20*time.Second, 20*time.Millisecond, "the api is not ready")
}

func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	require.NoError(tb, err)
	defer l.Close()
	return l.Addr().String()
}

func (c *cluster) post(path, contentType string, body []byte) (status int, answer []byte, err error) {
	response, err := http.Post(c.api+path, contentType, bytes.NewReader(body)) //nolint:noctx // bounded by the server
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

func (c *cluster) deploy(source []byte) {
	c.t.Helper()
	status, answer, err := c.post("/api/model/bpmn", "application/xml", source)
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, status, "%s", answer)
}

// process processes an event over HTTP and returns the workitem's id.
func (c *cluster) process(items workitem.Items) (string, error) {
	body, err := json.Marshal(items)
	if err != nil {
		return "", err
	}
	status, answer, err := c.post("/api/workflow/workitem", "application/json", body)
	if err != nil {
		return "", err
	}
	if status != http.StatusOK {
		return "", fmt.Errorf("status %d: %s", status, answer)
	}
	got, err := workitem.ParseJSON(answer)
	return got.Text(workitem.UniqueID), err
}

func newWorkitem(model string, task, event int) workitem.Items {
	return workitem.Items{
		workitem.ModelVersion: {model}, workitem.TaskID: {int64(task)}, workitem.EventID: {int64(event)},
	}
}

// clients runs work for 0 ≤ i < n, eight at a time.
func (c *cluster) clients(n int, work func(i int) error) {
	c.t.Helper()
	var wg sync.WaitGroup
	next := make(chan int)
	for range 8 {
		wg.Go(func() {
			for i := range next {
				if err := work(i); err != nil {
					c.t.Errorf("workitem %d: %v", i, err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// pending is how many async entries are left.
func (c *cluster) pending() int {
	var n int
	if err := c.pool.QueryRow(context.Background(), "SELECT count(*) FROM eventlog WHERE topic = 'async.event'").Scan(&n); err != nil {
		return -1
	}
	return n
}

// step is one line of a workitem's own history.
type step struct {
	at     time.Time
	event  string
	target string
}

// history reads $eventlog: time|model|task|event|new task|editor|comment.
func (c *cluster) history(id string) []step {
	c.t.Helper()
	record, err := workitem.Load(c.t.Context(), c.pool, id)
	require.NoError(c.t, err)
	var steps []step
	for _, line := range record.Items.Values(workitem.EventLog) {
		fields := strings.Split(workitem.FormatValue(line), "|")
		require.Len(c.t, fields, 7, "%v", line)
		at, err := time.Parse(time.RFC3339Nano, fields[0])
		require.NoError(c.t, err)
		steps = append(steps, step{at: at, event: fields[3], target: fields[4]})
	}
	return steps
}

func events(steps []step) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.event
	}
	return strings.Join(names, " ")
}
