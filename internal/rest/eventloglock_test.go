package rest_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/rest"
)

// only returns the id of the one entry.
func (l listed) only(t *testing.T) string {
	t.Helper()
	require.Len(t, l.Entries, 1)
	return l.Entries[0].ID
}

func TestALockHasAnOwner(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	s.write(t, eventlog.Event{Topic: "a", Ref: "r"})
	var l listed
	s.as(t, "anna", http.MethodGet, "/api/eventlog/a", "").decode(t, &l)
	id := l.only(t)
	call := func(name, method, path string) answer { return s.as(t, name, method, "/api/eventlog/"+path, "") }

	var lock struct {
		LockOwner   string
		LockExpires time.Time
	}
	call("anna", http.MethodPost, "lock/"+id+"?owner=one&lease=90s").decode(t, &lock)
	require.Equal(t, "anna/one", lock.LockOwner)
	require.WithinDuration(t, time.Now().Add(90*time.Second), lock.LockExpires, 20*time.Second)
	for _, again := range []string{"?owner=one", "?owner=two", ""} {
		call("anna", http.MethodPost, "lock/"+id+again).requireProblem(t, http.StatusConflict, "LOCKED")
	}
	for _, other := range []struct{ name, query string }{{"anna", "?owner=two"}, {"anna", ""}, {"rita", "?owner=one"}, {"max", "?owner=one"}} {
		for method, paths := range map[string][]string{http.MethodPost: {"unlock/", "extend/"}, http.MethodDelete: {""}} {
			for _, path := range paths {
				call(other.name, method, path+id+other.query).requireProblem(t, http.StatusConflict, "NOT_YOURS")
			}
		}
	}
	call("anna", http.MethodPost, "extend/"+id+"?owner=one&lease=2h").decode(t, &lock)
	require.WithinDuration(t, time.Now().Add(2*time.Hour), lock.LockExpires, 20*time.Second)
	require.Equal(t, http.StatusOK, call("anna", http.MethodPost, "unlock/"+id+"?owner=one").status)
	call("anna", http.MethodPost, "unlock/"+id+"?owner=one").requireProblem(t, http.StatusConflict, "NOT_LOCKED")
	call("anna", http.MethodPost, "extend/"+id).requireProblem(t, http.StatusConflict, "NOT_LOCKED")
	call("anna", http.MethodDelete, id+"?owner=one").requireProblem(t, http.StatusConflict, "NOT_LOCKED")
	require.Equal(t, http.StatusNoContent, call("rita", http.MethodDelete, id).status, "nobody holds it")
	call("rita", http.MethodDelete, id).requireProblem(t, http.StatusNotFound, "NOT_FOUND")
}

func TestDueEntriesAreLockedTogether(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for i := range 5 {
		s.write(t, eventlog.Event{Topic: "a", Ref: fmt.Sprint(i), Due: time.Now().Add(time.Duration(-i) * time.Hour)})
	}
	s.write(t, eventlog.Event{Topic: "a", Ref: "later", Delay: time.Hour})
	s.write(t, eventlog.Event{Topic: "b", Ref: "other"})
	take := func(query string) listed {
		var l listed
		s.post(t, "/api/eventlog/lock?topic=a&"+query, "").decode(t, &l)
		return l
	}
	require.Equal(t, []string{"4", "3"}, take("maxCount=2").refs(), "the oldest due first")
	require.Equal(t, []string{"2", "1", "0"}, take("").refs())
	require.Empty(t, take("").Entries)
	require.Equal(t, []string{"later"}, s.list(t, "/a").refs())
	require.Equal(t, []string{"0", "1", "2", "3", "4"}, s.list(t, "/a.lock").refs())
	require.Len(t, s.list(t, "").Entries, 7)
	for _, query := range []string{"", "topic=", "topic=a~b", "topic=a&maxCount=0", "topic=a&maxCount=101", "topic=a&lease=0", "topic=a&lease=25h", "topic=a&topic=b"} {
		s.post(t, "/api/eventlog/lock?"+query, "").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	}
	s.post(t, "/api/eventlog/lock?topic=async.event", "").requireProblem(t, http.StatusConflict, "ASYNC")
}

func TestWaitingEndsWithAnEntry(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for path, method := range map[string]string{
		"/api/eventlog/a?due=true&wait=20s": http.MethodGet, "/api/eventlog/lock?topic=a&wait=20s": http.MethodPost,
	} {
		began := time.Now()
		s.write(t, eventlog.Event{Topic: "a", Ref: "r", Delay: time.Second})
		var l listed
		s.do(t, method, path, "", "").decode(t, &l)
		require.Equal(t, []string{"r"}, l.refs())
		require.GreaterOrEqual(t, time.Since(began), 900*time.Millisecond)
		require.Less(t, time.Since(began), 15*time.Second)
		exec(t.Context(), t, s, "DELETE FROM eventlog")
	}
}

func TestWaitingEndsWithTheTimeAndWithTheAPI(t *testing.T) {
	t.Parallel()
	stopping, stop := contextWithCancel(t)
	s := newServer(t, func(c *rest.Config) { c.Stopping = stopping })
	s.get(t, "/api/eventlog/async.event?wait=1s").requireProblem(t, http.StatusConflict, "ASYNC")
	began := time.Now()
	require.Empty(t, s.list(t, "/a?wait=300ms").Entries)
	require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond)
	time.AfterFunc(200*time.Millisecond, stop)
	require.Empty(t, s.list(t, "/a?wait=20s").Entries)
	require.Less(t, time.Since(began), 15*time.Second)
	for _, query := range []string{"?wait=1s", "/a?wait=1s&ref=r", "/a.lock?wait=1s", "/a?wait=1s&pageIndex=1", "/a?wait=-1", "/a?wait=soon", "/a?wait=P1X"} {
		s.get(t, "/api/eventlog"+query).requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	}
}

func TestReleaseUnlocksAndDeletesNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.write(t, eventlog.Event{Topic: "a", Ref: "r"})
	s.post(t, "/api/eventlog/lock?topic=a", "")
	require.Equal(t, http.StatusNoContent, s.post(t, "/api/eventlog/release/60000/a~b~", "").status)
	require.Len(t, s.list(t, "/a.lock").Entries, 1)
	require.Equal(t, http.StatusNoContent, s.post(t, "/api/eventlog/release/0/b~a.lock", "").status)
	require.Len(t, s.list(t, "/a").Entries, 1)
	for _, path := range []string{"release/-1/a", "release/x/a", "release/60000/~", "release/99999999999999999999/a"} {
		s.post(t, "/api/eventlog/"+path, "").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	}
}

// The columns are the levels, from NOACCESS to MANAGERACCESS.
func TestWhatRulesForTopicsAllow(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "topics")
	require.NoError(t, os.WriteFile(path, []byte("jobs.* create,consume @AUTHOR\njobs.* manage ed\nsecret read,consume @EDITOR\n"), 0o600))
	topics, err := auth.NewTopicFile(path, 0, zerolog.Nop())
	require.NoError(t, err)
	s := guardedServer(t, func(c *rest.Config) { c.Security.Topics = topics })
	for _, c := range []struct {
		topic, method, path string
		want                [5]int
	}{
		{"jobs.x", http.MethodPut, "jobs.x/r", [5]int{403, 403, 204, 204, 204}},
		{"jobs.x", http.MethodPost, "lock?topic=jobs.x", [5]int{403, 403, 200, 200, 200}},
		{"jobs.x", http.MethodPost, "lock/%s", [5]int{403, 403, 200, 200, 200}},
		{"jobs.x", http.MethodPost, "unlock/%s", [5]int{403, 403, 409, 409, 409}},
		{"jobs.x", http.MethodPost, "extend/%s", [5]int{403, 403, 409, 409, 409}},
		{"jobs.x", http.MethodPost, "release/0/free~jobs.x", [5]int{403, 403, 204, 204, 204}},
		{"jobs.x", http.MethodDelete, "%s", [5]int{403, 403, 204, 204, 204}},
		{"jobs.x", http.MethodPost, "fire/%s", [5]int{403, 403, 403, 204, 204}},
		{"jobs.x", http.MethodPost, "cancel/%s", [5]int{403, 403, 403, 204, 204}},
		{"free", http.MethodPost, "lock/%s", [5]int{403, 200, 200, 200, 200}},
		{"free", http.MethodPost, "cancel/%s", [5]int{403, 403, 403, 403, 204}},
		{"secret", http.MethodGet, "entry/%s", [5]int{403, 403, 403, 200, 200}},
		{"secret", http.MethodPost, "lock/%s", [5]int{403, 403, 403, 200, 200}},
		{"secret", http.MethodDelete, "%s", [5]int{403, 403, 403, 204, 204}},
		{"async.event", http.MethodPut, "async.event/r", [5]int{403, 403, 403, 403, 204}},
		{"async.event", http.MethodPost, "fire/%s", [5]int{403, 403, 403, 403, 204}},
	} {
		for level, name := range users {
			exec(t.Context(), t, s, "DELETE FROM eventlog")
			exec(t.Context(), t, s, "INSERT INTO eventlog (topic, ref) VALUES ('"+c.topic+"', 'r')")
			var id string
			require.NoError(t, s.pool.QueryRow(t.Context(), "SELECT id::text FROM eventlog").Scan(&id))
			address := "/api/eventlog/" + c.path
			if c.method == http.MethodPut {
				address += "?delay=1h"
			} else if c.path[len(c.path)-1] == 's' {
				address = fmt.Sprintf(address, id)
			}
			got := s.as(t, name, c.method, address, "")
			require.Equal(t, c.want[level], got.status, "%s: %s %s: %s", name, c.method, c.path, got.body)
		}
	}
}
