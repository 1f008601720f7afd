package rest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/examples"
	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/postgrestest"
	"github.com/postlude/postlude/internal/rest"
	"github.com/postlude/postlude/internal/workitem"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// server is an API over a database of its own.
type server struct {
	url    string
	client *http.Client
	pool   *pgxpool.Pool
	log    *logText
}

// logText is a log that is read while it is written.
type logText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newServer starts an API; change may change what it is made of.
func newServer(t *testing.T, change ...func(*rest.Config)) *server {
	t.Helper()
	pool, log := postgrestest.New(t).Pool, new(logText)
	models := catalog.New(pool)
	clock, err := asyncevent.NewClock(t.Context(), pool)
	require.NoError(t, err)
	config := rest.Config{
		Pool: pool, Catalog: models, LocalOnly: true, Log: zerolog.New(log),
		Processor: asyncevent.NewProcessor(asyncevent.Config{
			Pool: pool, Catalog: models, Clock: clock, Enabled: true, Log: zerolog.Nop(),
		}),
	}
	for _, c := range change {
		c(&config)
	}
	s := httptest.NewServer(rest.New(config))
	t.Cleanup(s.Close)
	client := s.Client()
	client.Transport = &described{t: t, api: describedAPI(t), next: client.Transport, seen: new(seen)}
	return &server{url: s.URL, client: client, pool: pool, log: log}
}

// newTicketServer is a server on which the ticket model is deployed.
func newTicketServer(t *testing.T, change ...func(*rest.Config)) *server {
	t.Helper()
	s := newServer(t, change...)
	got := s.do(t, http.MethodPost, "/api/model/bpmn/ticket.bpmn", "application/xml", ticketModel(t))
	require.Equal(t, http.StatusOK, got.status, got.body)
	return s
}

func ticketModel(t *testing.T) string {
	t.Helper()
	source, err := examples.FS.ReadFile("ticket.bpmn")
	require.NoError(t, err)
	return string(source)
}

// answer is what the API answered.
type answer struct {
	status int
	header http.Header
	body   string
}

func (s *server) do(t *testing.T, method, path, contentType, body string, header ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(t, err)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			request.Host = header[i+1]
		}
		request.Header.Set(header[i], header[i+1])
	}
	response, err := s.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{status: response.StatusCode, header: response.Header, body: string(text)}
}

func (s *server) get(t *testing.T, path string, header ...string) answer {
	t.Helper()
	return s.do(t, http.MethodGet, path, "", "", header...)
}

func (s *server) post(t *testing.T, path, items string) answer {
	t.Helper()
	return s.do(t, http.MethodPost, path, "application/json", items)
}

// create makes a ticket on task 1100, with one armed entry.
func (s *server) create(t *testing.T, more string) workitem.Items {
	t.Helper()
	return s.post(t, "/api/workflow/workitem", `{"$modelversion":"ticket-1.0","$taskid":1000,"$eventid":10`+more+`}`).items(t)
}

func (a answer) items(t *testing.T) workitem.Items {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, "application/vnd.postlude+json", a.header.Get("Content-Type"))
	items, err := workitem.ParseJSON([]byte(a.body))
	require.NoError(t, err)
	return items
}

func (a answer) decode(t *testing.T, into any) {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.NoError(t, json.Unmarshal([]byte(a.body), into))
}

// problem is an answer that is an error.
type problem struct {
	Type, Title, Detail, Code string
	Status                    int
	Problems                  []struct {
		Severity, Code, File, Element, Message string
		Line                                   int
	}
}

// requireProblem says that the answer is a problem of this status and code.
func (a answer) requireProblem(t *testing.T, status int, code string) problem {
	t.Helper()
	require.Equal(t, status, a.status, a.body)
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
	var p problem
	require.NoError(t, json.Unmarshal([]byte(a.body), &p))
	require.Equal(t, code, p.Code, p.Detail)
	require.Equal(t, status, p.Status)
	require.Equal(t, "about:blank", p.Type)
	require.Equal(t, http.StatusText(status), p.Title)
	require.NotEmpty(t, p.Detail)
	for _, leak := range []string{"SELECT", "INSERT", "SQLSTATE", "goroutine", ".go:", "postgres://", "user="} {
		require.NotContains(t, a.body, leak)
	}
	return p
}
