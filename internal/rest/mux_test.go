package rest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The addresses as Imixs' Java clients build them, some with a slash at the end.
func TestASlashAtTheEndDoesNotMatter(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	require.Equal(t, http.StatusOK, s.do(t, http.MethodPost, "/api/model/bpmn/", "application/xml", ticketModel(t)).status)
	s.post(t, "/api/workflow/workitem/", ticketDocument).collection(t, http.StatusOK)
	s.post(t, "/api/workflow/workitems/", collectionOf(ticketDocument)).collection(t, http.StatusOK)
	for _, path := range []string{"/api/workflow/worklist/", "/api/eventlog/", "/api/eventlog/a/", "/api/model/", "/api/logout/"} {
		require.Less(t, s.get(t, path).status, 300, path)
	}
	for _, path := range []string{"/", "//", "/api/", "/api//nowhere", "/api/nowhere/"} {
		got := s.get(t, path)
		got.requireProblem(t, http.StatusNotFound, "NOT_FOUND")
		require.Empty(t, got.header.Get("Location"))
	}
}

func TestWhatHasNoFormIsNotNegotiated(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	require.Equal(t, http.StatusOK, s.get(t, "/api/model/ticket-1.0/bpmn", "Accept", "application/octet-stream").status)
	location := s.do(t, http.MethodPut, "/api/eventlog/a/r", "", "", "Accept", "text/plain").header.Get("Location")
	id := location[strings.LastIndex(location, "/")+1:]
	s.do(t, http.MethodPost, "/api/eventlog/lock/"+id, "", "", "Accept", "text/plain").requireProblem(t, http.StatusNotAcceptable, "NOT_ACCEPTABLE")
	require.Len(t, s.list(t, "/a").Entries, 1, "nothing is done first")
	require.Equal(t, http.StatusNoContent, s.do(t, http.MethodDelete, "/api/eventlog/"+id, "", "", "Accept", "text/plain").status)
}

func TestItemsAreWantedOnce(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	id := s.create(t, `,"big":"`+strings.Repeat("x", 1<<20)+`"`).Text("$uniqueid")
	got := s.get(t, "/api/workflow/workitem/"+id+"?items="+strings.Repeat("big,BIG,", 500), "Accept", "application/xml")
	require.Equal(t, http.StatusOK, got.status)
	require.Less(t, len(got.body), 2<<20)
	var names strings.Builder
	for i := range 201 {
		names.WriteString("n" + strings.Repeat("x", i) + ",")
	}
	s.get(t, "/api/workflow/workitem/"+id+"?items="+names.String()).requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
}

func TestManyFieldsOfOneNameTakeNoTime(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	began := time.Now()
	s.do(t, http.MethodPost, "/api/workflow/workitem", "application/x-www-form-urlencoded", strings.Repeat("a=1&", 90_000)+"b=2").
		requireProblem(t, http.StatusNotAcceptable, "UNDEFINED_MODEL_VERSION")
	require.Less(t, time.Since(began), 10*time.Second)
}

func TestFieldsOfOneNameAreItsValues(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	got := s.do(t, http.MethodPost, "/api/workflow/workitem", "application/x-www-form-urlencoded",
		"%24modelversion=ticket-1.0&%24taskid=1000&%24eventid=10&Subject=a&subject=b&&SUBJECT=c").items(t)
	require.Equal(t, []any{"a", "b", "c"}, got["subject"])
}
