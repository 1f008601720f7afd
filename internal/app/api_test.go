package app_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/process"
	"github.com/postlude/postlude/internal/workitem"
)

// startAPI runs an API on a free port and returns its address.
func (s *system) startAPI(t *testing.T, api *app.API) (url string, stop func()) {
	t.Helper()
	return s.startAPIWith(t, api, testLog())
}

func (s *system) startAPIWith(t *testing.T, api *app.API, log zerolog.Logger) (url string, stop func()) {
	t.Helper()
	listening := make(chan string, 1)
	api.Database, api.NATS, api.Address = s.database, s.nats, "127.0.0.1:0"
	api.Listening = func(address string) { listening <- address }
	stop = start(t, func(ctx context.Context, _ zerolog.Logger) error { return api.Run(ctx, log) })
	select {
	case address := <-listening:
		return "http://" + address, stop
	case <-time.After(20 * time.Second):
		require.FailNow(t, "the API does not listen")
		return "", nil
	}
}

// try makes a request with a connection of its own.
func try(t *testing.T, method, url, body string) (status int, text string, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

// call is try where there has to be an answer.
func call(t *testing.T, method, url, body string) (status int, text string) {
	t.Helper()
	status, text, err := try(t, method, url, body)
	require.NoError(t, err)
	return status, text
}

// statusOf is the status of the answer, 0 if there is none.
func statusOf(t *testing.T, method, url, body string) int {
	t.Helper()
	status, _, _ := try(t, method, url, body)
	return status
}

const newOrder = `{"$modelversion":"order-1.0","$taskid":1000,"$eventid":10,"amount":2000.0}`

func TestAnOrderThatIsPostedRunsToItsEnd(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	start(t, s.relay().Run)
	start(t, s.worker().Run)
	url, stop := s.startAPI(t, &app.API{AsyncEvent: s.async, Drain: 5 * time.Second})

	status, text := call(t, http.MethodGet, url+"/readyz", "")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"nats":"ok","postgres":"ok"}`, text)
	status, text = call(t, http.MethodPost, url+"/api/workflow/workitem", newOrder)
	require.Equal(t, http.StatusOK, status, text)
	order, err := workitem.ParseJSON([]byte(text))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.task(t, order.Text(workitem.UniqueID)) == 5000 }, 10*time.Second, 10*time.Millisecond)

	stop()
	require.Zero(t, statusOf(t, http.MethodGet, url+"/healthz", ""), "nobody listens any more")
}

func TestAnAPIDrainsWhatIsInFlight(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	url, stop := s.startAPI(t, &app.API{AsyncEvent: s.async, Drain: 10 * time.Second})
	tx, err := s.pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE workitem")
	require.NoError(t, err)

	answered := make(chan int, 1)
	go func() { answered <- statusOf(t, http.MethodPost, url+"/api/workflow/workitem", newOrder) }()
	require.Eventually(t, func() bool {
		var waiting bool
		err := s.pool.QueryRow(t.Context(), `SELECT EXISTS (
			SELECT FROM pg_stat_activity WHERE application_name = 'workflow-api' AND datname = current_database() AND wait_event_type = 'Lock'
		)`).Scan(&waiting)
		return err == nil && waiting
	}, 10*time.Second, 10*time.Millisecond)

	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	require.Eventually(t, func() bool { return statusOf(t, http.MethodGet, url+"/healthz", "") == 0 },
		5*time.Second, 10*time.Millisecond, "it takes no more")
	require.NoError(t, tx.Rollback(t.Context()))
	require.Equal(t, http.StatusOK, <-answered)
	<-stopped
}

func TestAnAPIWithoutAsyncEventsIsReadyAndSaysSo(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	url, _ := s.startAPI(t, &app.API{Metrics: true})
	status, text := call(t, http.MethodGet, url+"/readyz", "")
	require.Equal(t, http.StatusOK, status)
	var lines map[string]string
	require.NoError(t, json.Unmarshal([]byte(text), &lines))
	require.Contains(t, lines["async_events"], "ASYNCEVENT_PROCESSOR_ENABLED")

	status, text = call(t, http.MethodPost, url+"/api/workflow/workitem", newOrder)
	require.Equal(t, http.StatusOK, status, text)
	var entries int
	require.NoError(t, s.pool.QueryRow(t.Context(), "SELECT count(*) FROM eventlog").Scan(&entries))
	require.Zero(t, entries)
	_, text = call(t, http.MethodGet, url+"/metrics", "")
	require.Contains(t, text, `postlude_api_request_seconds_count{route="POST /api/workflow/workitem",status="200"} 1`)
}

func TestAnAPIIsNotReadyWithoutTheBroker(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	url, _ := s.startAPI(t, &app.API{AsyncEvent: s.async})
	s.broker.Stop()
	require.Eventually(t, func() bool {
		status, text := call(t, http.MethodGet, url+"/readyz", "")
		return status == http.StatusServiceUnavailable && strings.Contains(text, "nats is")
	}, 10*time.Second, 20*time.Millisecond)
	status, text := call(t, http.MethodPost, url+"/api/workflow/workitem", newOrder)
	require.Equal(t, http.StatusOK, status, "processing needs no broker: %s", text)
}

func TestAnAPIIsOpenedOnlyOnPurpose(t *testing.T) {
	t.Parallel()
	for address, open := range map[string]bool{
		"127.0.0.1:8080": false, "[::1]:8080": false, "localhost:0": false, "127.1.2.3:1": false,
		":8080": true, "0.0.0.0:8080": true, "[::]:8080": true, "192.0.2.1:80": true, "example.org:80": true,
	} {
		err := (&app.API{Address: address}).Validate()
		require.Equal(t, open, err != nil, address)
		require.NoError(t, (&app.API{Address: address, Security: app.Security{Open: true}}).Validate())
		if open {
			require.ErrorContains(t, err, "--open")
			require.NotContains(t, err.Error(), "\n")
			require.Equal(t, err, (&app.API{Address: address}).Run(t.Context(), zerolog.Nop()))
		}
	}
	require.Error(t, (&app.API{Address: "8080", Security: app.Security{Open: true}}).Validate())
}

func TestTheProgramSaysWhyItDoesNotStart(t *testing.T) {
	t.Parallel()
	var stdout, stderr strings.Builder
	api := new(app.API)
	status := process.Main(process.Program{
		Name: "workflow-api", Flags: api, Log: &api.Log,
		Run: func(context.Context, zerolog.Logger) error { return nil },
	}, []string{"--database-url=x", "--address=:8080"}, &stdout, &stderr)
	require.Equal(t, process.ExitUsage, status)
	require.Contains(t, stderr.String(), "POSTLUDE_API_OPEN")
	require.Equal(t, 1, strings.Count(stderr.String(), "\n"))
}
