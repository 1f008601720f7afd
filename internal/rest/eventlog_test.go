package rest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
	"github.com/postlude/postlude/internal/workitem"
)

type listed struct {
	Entries []struct {
		ID, Topic, Ref, State, LastError, ArmedBy string
		Created, Due                              time.Time
		Attempts                                  int
		Data                                      any
	}
}

func (l listed) refs() []string {
	refs := make([]string, len(l.Entries))
	for i := range l.Entries {
		refs[i] = l.Entries[i].Ref
	}
	return refs
}

// write creates an entry.
func (s *server) write(t *testing.T, e eventlog.Event) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), s.pool, func(tx pgx.Tx) error {
		_, err := eventlog.Create(t.Context(), tx, e)
		return err
	}))
}

func (s *server) list(t *testing.T, path string) listed {
	t.Helper()
	var l listed
	s.get(t, "/api/eventlog"+path).decode(t, &l)
	require.NotNil(t, l.Entries, "a list, also an empty one")
	return l
}

func TestAnArmedEntryIsListed(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	ticket := s.create(t, "")
	l := s.list(t, "/async.event?ref="+ticket.Text(workitem.UniqueID))
	require.Len(t, l.Entries, 1)
	e := l.Entries[0]
	require.Equal(t, "async.event", e.Topic)
	require.Equal(t, "pending", e.State)
	require.Equal(t, ticket.Text(workitem.TransactionID), e.ArmedBy)
	require.Equal(t, 0, e.Attempts)
	require.WithinDuration(t, e.Created.Add(2*time.Second), e.Due, time.Second)
	require.IsType(t, map[string]any{}, e.Data)
	require.NotEmpty(t, e.ID)
	require.Empty(t, s.list(t, "?ref=another").Entries)
}

func TestEntriesAreListedByCreationTopicAndPage(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	require.Empty(t, s.list(t, "").Entries)
	for i := range 5 {
		// The later one is created, the earlier it is due.
		s.write(t, eventlog.Event{Topic: "a", Ref: fmt.Sprint("a", i), Delay: time.Duration(10-i) * time.Hour})
	}
	s.write(t, eventlog.Event{Topic: "b.c", Ref: "b0"})
	s.write(t, eventlog.Event{Topic: "d", Ref: "d0"})

	for path, want := range map[string][]string{
		"":                          {"a0", "a1", "a2", "a3", "a4", "b0", "d0"},
		"/":                         {"a0", "a1", "a2", "a3", "a4", "b0", "d0"},
		"/a":                        {"a0", "a1", "a2", "a3", "a4"},
		"/b.c":                      {"b0"},
		"/b.c~d":                    {"b0", "d0"},
		"/b.c~d~":                   {"b0", "d0"},
		"/none":                     {},
		"?ref=a3":                   {"a3"},
		"/b.c?ref=a3":               {},
		"?pageSize=2":               {"a0", "a1"},
		"?pageSize=2&pageIndex=1":   {"a2", "a3"},
		"?pageSize=3&pageIndex=2":   {"d0"},
		"?pageSize=3&pageIndex=9":   {},
		"/a?maxCount=2":             {"a0", "a1"},
		"/a?maxCount=-1":            {"a0", "a1", "a2", "a3", "a4"},
		"/a?maxCount=999999":        {"a0", "a1", "a2", "a3", "a4"},
		"/a?maxCount=1&pageSize=3":  {"a0"},
		"/a?maxCount=99&pageSize=3": {"a0", "a1", "a2"},
	} {
		require.Equal(t, want, s.list(t, path).refs(), path)
	}
}

func TestAddressesAreNeverSQL(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.write(t, eventlog.Event{Topic: "a", Ref: "r"})
	for _, text := range []string{`x' OR '1'='1`, `x"; DROP TABLE eventlog; --`, `a'`, `$1`, `{a}`, `a%`, `a\`} {
		require.Empty(t, s.list(t, "/"+url.PathEscape(text)).Entries, text)
		require.Empty(t, s.list(t, "?ref="+url.QueryEscape(text)).Entries, text)
		s.get(t, "/api/workflow/workitem/"+url.PathEscape(text)).requireProblem(t, http.StatusNotFound, "NOT_FOUND")
		s.get(t, "/api/model/"+url.PathEscape(text)+"/bpmn").requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	}
	require.Len(t, s.list(t, "").Entries, 1)
}

func TestBadListRequestsAre400(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, query := range []string{
		"pageSize=-1", "pageSize=1001", "pageSize=ten", "pageSize=", "pageSize=1.5", "pageSize=99999999999999999999",
		"pageIndex=-1", "pageIndex=x", "pageIndex=9223372036854775807", "maxCount=0", "maxCount=-2", "maxCount=x",
		"pageSize=1%3BDROP", "ref=%00", "ref=%ff", "ref=%zz",
	} {
		p := s.get(t, "/api/eventlog?"+query).requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
		t.Log(query, "→", p.Detail)
	}
	s.get(t, "/api/eventlog/a%00").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	s.get(t, "/api/eventlog/~").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	s.get(t, "/api/eventlog", "Accept", "text/html").requireProblem(t, http.StatusNotAcceptable, "NOT_ACCEPTABLE")
}

func TestAFailedEntryShowsItsError(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.write(t, eventlog.Event{Topic: "a", Ref: "r"})
	exec(t.Context(), t, s, `UPDATE eventlog SET attempts = 3, last_error = 'it broke'`)
	e := s.list(t, "").Entries[0]
	require.Equal(t, 3, e.Attempts)
	require.Equal(t, "it broke", e.LastError)
	require.Nil(t, e.Data)
}

func exec(ctx context.Context, t *testing.T, s *server, sql string) {
	t.Helper()
	_, err := s.pool.Exec(ctx, sql)
	require.NoError(t, err)
}
