package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/openapi/openapitest"
	"github.com/postlude/postlude/internal/process"
	"github.com/postlude/postlude/internal/rest"
	"github.com/postlude/postlude/internal/workitem"
)

// ready answers for /readyz as the program does.
func ready(err error) http.Handler {
	return process.Ready(context.Background(), map[string]process.Check{
		"postgres": func(context.Context) error { return err },
	})
}

func healthy(c *rest.Config) {
	c.Ready = ready(nil)
	c.MetricsHandler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = io.WriteString(w, "up 1\n")
	})
}

func (v *survey) successes(t *testing.T) {
	t.Helper()
	s := v.ticketServer(t, healthy)
	for _, op := range v.api.Operations {
		for _, accept := range mediaOf(op, op.Success()) {
			v.send(t, s, op, first(t, op, s.about(t, op)), op.Success(), accept)
		}
	}
}

func (v *survey) bodies(t *testing.T) {
	t.Helper()
	s := v.ticketServer(t)
	for _, op := range v.api.Operations {
		for media, body := range op.Bodies {
			for _, example := range body.Examples {
				r := request{op.Address(s.about(t, op)), media, bodyOf(t, media, example), nil}
				v.send(t, s, op, r, op.Success(), "")
			}
		}
	}
}

// about makes what an operation is about, and returns the values of its address.
func (s *server) about(t *testing.T, op *openapitest.Operation) map[string]string {
	t.Helper()
	switch values := (map[string]string{}); {
	case op.ID == "deleteModel":
		model := strings.Replace(ticketModel(t), "ticket-1.0", "ticket-9.0", 1)
		require.Equal(t, http.StatusOK, s.do(t, http.MethodPost, "/api/model/bpmn", "application/xml", model).status)
		values["version"] = "ticket-9.0"
		return values
	case strings.Contains(op.Path, "{uniqueid}"):
		created := s.create(t, `,"$file":[{"note.txt":["text/plain",{"@bytes":"aGVsbG8="}]}]`)
		values["uniqueid"] = created.Text(workitem.UniqueID)
		return values
	case op.ID == "lockDueEntries", op.ID == "listEntries", op.ID == "listAllEntries":
		s.newEntry(t, json.RawMessage(`{"number":["2026-000123"]}`))
		return values
	case op.ID == "deleteEntry":
		values["entries"] = s.newEntry(t, nil)
		return values
	case strings.Contains(op.Path, "{id}"):
		values["id"] = s.newEntry(t, json.RawMessage(`{"amount":[499.9]}`))
		if op.ID == "extendLock" || op.ID == "unlockEntry" {
			require.Equal(t, http.StatusOK, s.post(t, "/api/eventlog/lock/"+values["id"], "").status)
		}
		return values
	default:
		return values
	}
}

// newEntry writes an entry and returns its id.
func (s *server) newEntry(t *testing.T, data json.RawMessage) (id string) {
	t.Helper()
	s.write(t, eventlog.Event{Topic: "invoice.sent", Ref: "2026-000123", Data: data})
	require.NoError(t, s.pool.QueryRow(t.Context(), "SELECT id FROM eventlog ORDER BY id DESC LIMIT 1").Scan(&id))
	return id
}

func (v *survey) unknown(t *testing.T) {
	t.Helper()
	v.each(t, v.ticketServer(t), http.StatusNotFound, func(op *openapitest.Operation, r *request) bool {
		r.address = op.Address(map[string]string{"version": "nothing-9", "key": "nothing"})
		return true
	})
}

// inUse has somebody else hold all there is. The database waits a moment for it.
func (v *survey) inUse(t *testing.T) {
	t.Helper()
	s := v.ticketServer(t, func(c *rest.Config) {
		settings := c.Pool.Config()
		settings.ConnConfig.RuntimeParams["lock_timeout"] = "20ms"
		impatient, err := pgxpool.NewWithConfig(t.Context(), settings)
		require.NoError(t, err)
		t.Cleanup(impatient.Close)
		clock, err := asyncevent.NewClock(t.Context(), impatient)
		require.NoError(t, err)
		c.Pool, c.Catalog = impatient, catalog.New(impatient)
		c.Processor = asyncevent.NewProcessor(asyncevent.Config{
			Pool: impatient, Catalog: c.Catalog, Clock: clock, Enabled: true, Log: zerolog.Nop(),
		})
	})
	tx, err := s.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }()
	_, err = tx.Exec(t.Context(), "LOCK TABLE model, workitem, eventlog")
	require.NoError(t, err)
	v.each(t, s, http.StatusConflict, nil)
}

// refused has the kernel refuse, and a key be used for something else.
func (v *survey) refused(t *testing.T) {
	t.Helper()
	s := v.ticketServer(t)
	v.each(t, s, http.StatusNotAcceptable, func(op *openapitest.Operation, r *request) bool {
		r.body = strings.NewReplacer("ticket-1.0", "ticket-9", "30", "77").Replace(r.body)
		if strings.Contains(op.Path, "{uniqueid}") {
			r.address = op.Address(s.about(t, op))
		}
		return len(op.Bodies) > 0 && op.Answers[http.StatusNotAcceptable].Bodies["text/xml"] != nil
	})
	s.do(t, http.MethodPut, "/api/eventlog/invoice.sent/another", "", "", "Idempotency-Key", "once")
	v.each(t, s, http.StatusUnprocessableEntity, func(_ *openapitest.Operation, r *request) bool {
		r.header = []string{"Idempotency-Key", "once"}
		return true
	})
}

// withoutModel asks for the events of a workitem whose model is gone.
func (v *survey) withoutModel(t *testing.T) {
	t.Helper()
	s := v.ticketServer(t)
	id := s.create(t, "").Text(workitem.UniqueID)
	require.Equal(t, http.StatusNoContent, s.do(t, http.MethodDelete, "/api/model/ticket-1.0?force=true", "", "").status)
	v.each(t, s, http.StatusNotAcceptable, func(op *openapitest.Operation, r *request) bool {
		r.address = op.Address(map[string]string{"uniqueid": id})
		return op.ID == "listEvents"
	})
}

// withoutRights asks without credentials, and as somebody who may do nothing.
func (v *survey) withoutRights(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "topics")
	require.NoError(t, os.WriteFile(path, []byte("* read,create,consume,manage -\n"), 0o600))
	topics, err := auth.NewTopicFile(path, 0, zerolog.Nop())
	require.NoError(t, err)
	s := v.watch(guardedServer(t, func(c *rest.Config) { c.Security.Topics = topics }))
	v.each(t, s, http.StatusUnauthorized, nil)
	id := s.newEntry(t, nil)
	v.each(t, s, http.StatusForbidden, func(op *openapitest.Operation, r *request) bool {
		r.address, r.header = op.Address(map[string]string{"id": id, "entries": id}), []string{"Authorization", credentials(t, "nora")}
		return true
	})
	for _, op := range v.api.Operations {
		require.Equal(t, op.Secured, op.Answers[http.StatusUnauthorized] != nil, op.ID)
		if !op.Secured && op.ID != "readReadiness" && op.ID != "readMetrics" {
			require.Equal(t, http.StatusOK, s.do(t, op.Method, op.Path, "", "").status, op.ID)
		}
	}
}

func (v *survey) badlyAsked(t *testing.T) {
	t.Helper()
	s := v.ticketServer(t)
	v.each(t, s, http.StatusBadRequest, func(_ *openapitest.Operation, r *request) bool {
		if r.address += "?"; strings.Count(r.address, "?") > 1 {
			r.address = strings.TrimSuffix(r.address, "?") + "&"
		}
		r.address += "a=1&a=2"
		return true
	})
	for _, op := range v.api.Operations {
		if op.Answers[http.StatusNotAcceptable] != nil {
			v.send(t, s, op, first(t, op, nil), http.StatusNotAcceptable, "text/html")
		}
	}
}

// wrongValues sends parameters that the document does not allow.
func (v *survey) wrongValues(t *testing.T) {
	t.Helper()
	s := v.ticketServer(t)
	asked := 0
	for _, op := range v.api.Operations {
		values := s.about(t, op)
		for _, p := range op.Parameters {
			for _, text := range []string{
				"-2", "-1", "0", "101", "1001", "1000001", "2147483648", "1.5", "perhaps", strings.Repeat("x", 201),
			} {
				if p.In != "query" || p.Allows(text) {
					continue
				}
				wrong := maps.Clone(values)
				wrong[p.Name] = text
				r := first(t, op, wrong)
				v.send(t, s, op, r, http.StatusBadRequest, "")
				asked++
			}
		}
	}
	require.Greater(t, asked, 100)
}

func (v *survey) anotherHost(t *testing.T) {
	t.Helper()
	v.each(t, v.ticketServer(t), http.StatusMisdirectedRequest, func(_ *openapitest.Operation, r *request) bool {
		r.header = []string{"Host", "evil.example"}
		return true
	})
}

func (v *survey) providerAway(t *testing.T) {
	t.Helper()
	s := v.watch(newServer(t, func(c *rest.Config) {
		c.Security.Authenticator = failing{&auth.UnavailableError{Err: io.ErrUnexpectedEOF}}
	}))
	v.each(t, s, http.StatusServiceUnavailable, func(op *openapitest.Operation, _ *request) bool { return op.Secured })
}

func (v *survey) tooMany(t *testing.T) {
	t.Helper()
	s := v.watch(newServer(t, func(c *rest.Config) { c.Security.Authenticator = failing{auth.ErrBusy} }))
	v.each(t, s, http.StatusTooManyRequests, nil)
}

func (v *survey) tooSlow(t *testing.T) {
	t.Helper()
	s := v.watch(newServer(t, func(c *rest.Config) { c.Timeout = time.Nanosecond }))
	v.each(t, s, http.StatusServiceUnavailable, func(op *openapitest.Operation, _ *request) bool {
		return op.Secured && op.ID != "logout"
	})
}

// broken has the tables missing.
func (v *survey) broken(t *testing.T) {
	t.Helper()
	s := v.ticketServer(t)
	exec(t.Context(), t, s, "DROP TABLE model, workitem, eventlog CASCADE")
	v.each(t, s, http.StatusInternalServerError, nil)
}

func (v *survey) badBodies(t *testing.T) {
	t.Helper()
	s := v.ticketServer(t)
	v.each(t, s, http.StatusUnsupportedMediaType, func(_ *openapitest.Operation, r *request) bool {
		r.media = "image/png"
		return true
	})
	large := strings.Repeat(" ", 20<<20+1)
	v.each(t, s, http.StatusRequestEntityTooLarge, func(op *openapitest.Operation, r *request) bool {
		if r.body = large; !strings.HasPrefix(op.Path, "/api/model") {
			r.body = large[:8<<20+1]
		}
		return true
	})
}

// slowBodies begins a body and does not end it.
func (v *survey) slowBodies(t *testing.T) {
	t.Helper()
	var config rest.Config
	s := v.ticketServer(t, func(c *rest.Config) { config = *c })
	api := rest.New(config)
	impatient := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			t.Error(err)
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(impatient.Close)
	for _, op := range v.api.Operations {
		if op.Answers[http.StatusRequestTimeout] == nil {
			continue
		}
		for _, accept := range mediaOf(op, http.StatusRequestTimeout) {
			r := first(t, op, nil)
			body, end := io.Pipe()
			asked, err := http.NewRequestWithContext(t.Context(), op.Method, impatient.URL+r.address, body)
			require.NoError(t, err)
			asked.Header.Set("Content-Type", r.media)
			asked.Header.Set("Accept", accepting(accept))
			response, err := s.client.Do(asked)
			require.NoError(t, err)
			require.Equal(t, http.StatusRequestTimeout, response.StatusCode, op.ID)
			require.NoError(t, response.Body.Close())
			require.NoError(t, end.Close())
		}
	}
}

// knownFiles asks for files that the client has.
func (v *survey) knownFiles(t *testing.T) {
	t.Helper()
	s := v.watch(newServer(t))
	v.each(t, s, http.StatusNotModified, func(_ *openapitest.Operation, r *request) bool {
		r.header = []string{"If-None-Match", s.get(t, r.address).header.Get("ETag")}
		return true
	})
}

func (v *survey) notReady(t *testing.T) {
	t.Helper()
	s := v.watch(newServer(t, func(c *rest.Config) { c.Ready = ready(fmt.Errorf("away")) }))
	v.each(t, s, http.StatusServiceUnavailable, func(op *openapitest.Operation, _ *request) bool { return !op.Secured })
}
