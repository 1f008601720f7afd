package rest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
)

func contextWithCancel(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

// put creates an entry and returns the path of it.
func (s *server) put(t *testing.T, path, contentType, body string, header ...string) string {
	t.Helper()
	got := s.do(t, http.MethodPut, "/api/eventlog/"+path, contentType, body, header...)
	require.Equal(t, http.StatusNoContent, got.status, got.body)
	location := got.header.Get("Location")
	require.True(t, strings.HasPrefix(location, "/api/eventlog/entry/"), location)
	return location
}

func TestDataAreKept(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const items = `{"amount": [12.5], "name": ["é"]}`
	for _, c := range []struct{ contentType, body, want string }{
		{"", "", `null`},
		{"application/json", " ", `null`},
		{"application/xml", "<document/>", `null`},
		{"application/json", `{"item":[]}`, `null`},
		{"text/xml", `<document><item name="Amount"><value xsi:type="xs:double" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">12.5</value></item></document>`, `{"amount":[12.5]}`},
		{"application/json", `{"item":[{"name":"amount","value":[12.5]},{"name":"name","value":["é"]}]}`, items},
		{"application/json", `{"item":[{"name":"amount","value":{"@type":"xs:double","$":"12.5"}}]}`, `{"amount":[12.5]}`},
		{"application/json", items, items},
		{"application/json", `7`, `7`},
		{"application/json", ` null `, `null`},
		{"application/vnd.postlude+json", `{"item":[{"name":"amount","value":[12.5]}]}`, `{"item":[{"name":"amount","value":[12.5]}]}`},
		{"application/vnd.postlude+json; charset=utf-8", `[1, "two", null]`, `[1,"two",null]`},
	} {
		got := s.get(t, s.put(t, "a/r", c.contentType, c.body))
		require.Equal(t, http.StatusOK, got.status)
		var e struct{ Data any }
		got.decode(t, &e)
		require.JSONEq(t, c.want, mustJSON(t, e.Data), c.body)
	}
	for _, c := range []struct {
		contentType, body string
		status            int
		code              string
	}{
		{"text/plain", "x", http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"},
		{"application/json", "{", http.StatusBadRequest, "INVALID_ENTRY"},
		{"application/json", `"a\ud800b"`, http.StatusBadRequest, "INVALID_ENTRY"},
		{"application/json", `"a\u0000b"`, http.StatusBadRequest, "INVALID_ENTRY"},
		{"application/json", "\"\xff\"", http.StatusBadRequest, "INVALID_ENTRY"},
		{"application/json", strings.Repeat("[", 1_001) + strings.Repeat("]", 1_001), http.StatusBadRequest, "INVALID_ENTRY"},
		{"application/json", strings.Repeat("[", 100_000), http.StatusBadRequest, "INVALID_ENTRY"},
		{"application/json", `{"item":[{"name":"a","value":["\u0000"]}]}`, http.StatusBadRequest, "INVALID_WORKITEM"},
		{"application/xml", "<document>", http.StatusBadRequest, "INVALID_WORKITEM"},
		{"application/xml", "<data/>", http.StatusBadRequest, "INVALID_WORKITEM"},
		{"application/json", `"` + strings.Repeat("x", 600<<10) + `"`, http.StatusBadRequest, "INVALID_ENTRY"},
		{"application/json", strings.Repeat(" ", 9<<20), http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE"},
	} {
		got := s.do(t, http.MethodPut, "/api/eventlog/a/r", c.contentType, c.body)
		got.requireProblem(t, c.status, c.code)
	}
}

// Whoever writes by SQL may write more than a client can read.
func TestDataThatNobodyCanReadAreLeftOut(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for ref, data := range map[string]string{
		"deep": strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999), "deeper": strings.Repeat("[", 12_000) + strings.Repeat("]", 12_000),
		"texts": `["` + strings.Repeat(`[\"{`, 5_000) + `"]`, "deep enough": strings.Repeat("[", 1_000) + strings.Repeat("]", 1_000),
	} {
		_, err := s.pool.Exec(t.Context(), "SELECT eventlog_create('a', $1, $2::text::json)", ref, data)
		if ref != "deeper" {
			require.NoError(t, err, ref) // how deep Postgres reads is a setting
		}
	}
	var l struct {
		Entries []struct {
			Ref         string
			Data        json.RawMessage
			DataLeftOut bool
		}
	}
	s.post(t, "/api/eventlog/lock?topic=a", "").decode(t, &l)
	require.GreaterOrEqual(t, len(l.Entries), 3)
	for _, e := range l.Entries {
		require.Equal(t, strings.HasPrefix(e.Ref, "deep") && e.Ref != "deep enough", e.DataLeftOut, e.Ref)
		require.Equal(t, e.DataLeftOut, string(e.Data) == "null", e.Ref)
	}
	for _, accept := range []string{"application/xml", "application/json"} {
		for _, items := range s.get(t, "/api/eventlog/a.lock", "Accept", accept).collection(t, http.StatusOK) {
			require.Equal(t, items.Has("data"), !items.Has("dataleftout"))
		}
	}
}

// What was put into the table by hand hides nothing else.
func TestEntriesOfOddTimesAreListed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	exec(t.Context(), t, s, "INSERT INTO eventlog (topic, ref, due, data) VALUES ('a', 'r', '20000-01-01', 'null'), ('a', 's', '4713-01-01 BC', '1')")
	require.ElementsMatch(t, []string{"r", "s"}, s.list(t, "/a").refs())
	for _, accept := range []string{"application/xml", "application/json"} {
		list := s.get(t, "/api/eventlog/a", "Accept", accept).collection(t, http.StatusOK)
		require.Len(t, list, 2)
		require.Equal(t, 9999, list[0].Date("timeout").Year())
		require.False(t, list[0].Has("data"))
	}
}

func TestAnEntryIsDueWhenItIsAsked(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for query, want := range map[string]time.Duration{
		"":               0,
		"?delay=90s":     90 * time.Second,
		"?delay=1h30m":   90 * time.Minute,
		"?delay=PT1H30M": 90 * time.Minute,
		"?delay=1500":    1500 * time.Millisecond,
		"?delay=0":       0,
		"?due=" + time.Now().Add(-time.Hour).UTC().Format("2006-01-02T15:04:05Z"): -time.Hour,
	} {
		var e struct{ Due time.Time }
		s.get(t, s.put(t, "a/r"+query, "", "")).decode(t, &e)
		require.WithinDuration(t, time.Now().Add(want), e.Due, 20*time.Second, query)
	}
	for _, query := range []string{
		"delay=-1", "delay=soon", "delay=-5s", "delay=P1X", "delay=1e9h", "delay=99999999999999", "due=tomorrow", "due=2030-01-01",
		"delay=1s&due=2030-01-01T00:00:00Z", "delay=1s&delay=2s",
	} {
		s.do(t, http.MethodPut, "/api/eventlog/a/r?"+query, "", "").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	}
	for _, path := range []string{"a~b/r", "a.lock/r", "a%00/r", "a/%ff"} {
		s.do(t, http.MethodPut, "/api/eventlog/"+path, "", "").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	}
	for _, path := range []string{strings.Repeat("a", 3000) + "/r", "a/" + strings.Repeat("r", 3000)} {
		s.do(t, http.MethodPut, "/api/eventlog/"+path, "", "").requireProblem(t, http.StatusBadRequest, "INVALID_ENTRY")
	}
	s.do(t, http.MethodPut, "/api/eventlog/a/r", "", "", "Traceparent", "nonsense").requireProblem(t, http.StatusBadRequest, "INVALID_ENTRY")
}

func TestAnIdempotencyKeyMakesOneEntryOfARepeatedRequest(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	put := func(name, key, body string) answer {
		return s.as(t, name, http.MethodPut, "/api/eventlog/a/r", body, "Idempotency-Key", key)
	}
	first := put("anna", "k", `{"n":1}`).header.Get("Location")
	require.Equal(t, first, put("anna", "k", `{"n":1}`).header.Get("Location"))
	put("anna", "k", `{"n":2}`).requireProblem(t, http.StatusUnprocessableEntity, "KEY_REUSED")
	require.NotEqual(t, first, put("ed", "k", `{"n":1}`).header.Get("Location"), "keys of others")
	put("anna", strings.Repeat("k", 300), `{"n":1}`).requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	var l listed
	s.as(t, "anna", http.MethodGet, "/api/eventlog/a", "").decode(t, &l)
	require.Len(t, l.Entries, 2)
}

func TestCancelAndFire(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.write(t, eventlog.Event{Topic: "a", Ref: "r", Delay: time.Hour})
	id := s.list(t, "/a").only(t)
	require.Empty(t, s.list(t, "/a?due=true").Entries)
	require.Equal(t, http.StatusNoContent, s.post(t, "/api/eventlog/fire/"+id, "").status)
	require.Len(t, s.list(t, "/a?due=true").Entries, 1)
	require.Equal(t, http.StatusNoContent, s.post(t, "/api/eventlog/cancel/"+id, "").status)
	require.Empty(t, s.list(t, "").Entries)
	for _, path := range []string{"cancel/" + id, "fire/" + id, "lock/" + id, "unlock/none", "extend/none", "fire/none", "cancel/%00"} {
		s.post(t, "/api/eventlog/"+path, "").requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	}
	s.get(t, "/api/eventlog/entry/"+id).requireProblem(t, http.StatusNotFound, "NOT_FOUND")
}
