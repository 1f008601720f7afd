package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

const ticketDocument = `{"item":[{"name":"$modelversion","value":["ticket-1.0"]},{"name":"$taskid","value":[1000]},{"name":"$eventid","value":[10]}]}`

func collectionOf(documents ...string) string {
	return `{"document":[` + strings.Join(documents, ",") + `]}`
}

func TestSeveralWorkitemsAreProcessedOrNone(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	const path = "/api/workflow/workitems"
	list := s.post(t, path, collectionOf(ticketDocument, ticketDocument)).collection(t, http.StatusOK)
	require.Len(t, list, 2)
	for _, items := range list {
		require.Equal(t, 1100, items.Int(workitem.TaskID))
	}
	next := `{"item":[{"name":"$uniqueid","value":["` + list[0].Text(workitem.UniqueID) + `"]},{"name":"$eventid","value":[20]}]}`
	bad := `{"item":[{"name":"$uniqueid","value":["` + list[1].Text(workitem.UniqueID) + `"]},{"name":"$eventid","value":[99]},{"name":"subject","value":["bad"]}]}`
	refused := s.do(t, http.MethodPut, path, "application/json", collectionOf(next, bad), "Accept", "application/json").collection(t, http.StatusNotAcceptable)[0]
	require.Equal(t, "UNDEFINED_MODEL_ENTRY", refused.Text("$error_code"))
	require.Contains(t, refused.Text("$error_message"), "document 2: ")
	require.Equal(t, "bad", refused.Text("subject"))
	first := "/api/workflow/workitem/" + list[0].Text(workitem.UniqueID)
	require.Equal(t, 1100, s.get(t, first).items(t).Int(workitem.TaskID), "none was processed")
	s.post(t, path, collectionOf(next)).collection(t, http.StatusOK)
	require.Equal(t, 1200, s.get(t, first).items(t).Int(workitem.TaskID))

	s.post(t, path, collectionOf()).requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	s.post(t, path, collectionOf(strings.Split(strings.Repeat(ticketDocument+"|", 101), "|")[:101]...)).
		requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
}

func TestEventsThatMayBeProcessedNext(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	path := "/api/workflow/workitem/events/" + s.create(t, "").Text(workitem.UniqueID)
	var events struct {
		Events []struct {
			ID    int
			Name  string
			Items map[string]any
		}
	}
	s.get(t, path).decode(t, &events)
	require.Len(t, events.Events, 2, "the escalation is not public")
	require.Equal(t, []int{20, 30}, []int{events.Events[0].ID, events.Events[1].ID})
	require.NotEmpty(t, events.Events[0].Name)
	for _, accept := range []string{"application/xml", "application/json"} {
		list := s.get(t, path+"?items=eventid,name", "Accept", accept).collection(t, http.StatusOK)
		require.Len(t, list, 2)
		require.Equal(t, 20, list[0].Int("eventid"))
		require.Len(t, list[0], 2)
	}
	s.get(t, "/api/workflow/workitem/events/none").requireProblem(t, http.StatusNotFound, "NOT_FOUND")
}

func TestAnAttachmentIsAFile(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	id := s.create(t, `,"$file":[{"é page.html":["text/html",{"@bytes":"PGI+aGk8L2I+"},{}],"empty":["text/plain"],"odd":["no type",{"@bytes":""}]}]`).Text(workitem.UniqueID)
	path := "/api/workflow/workitem/" + id + "/file/"
	got := s.get(t, path+"%C3%A9%20page.html", "Accept", "image/*, */*")
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Equal(t, "<b>hi</b>", got.body)
	require.Equal(t, "text/html", got.header.Get("Content-Type"))
	require.Equal(t, "attachment; filename*=utf-8''%C3%A9%20page.html", got.header.Get("Content-Disposition"))
	require.Contains(t, got.header.Get("Content-Security-Policy"), "sandbox")
	require.Equal(t, "application/octet-stream", s.get(t, path+"odd").header.Get("Content-Type"))
	for _, name := range []string{"none", "empty", "..%2f"} {
		s.get(t, path+name).requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	}
}

func TestModelsAreDeleted(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	s.create(t, "")
	remove := func(path string) answer { return s.do(t, http.MethodDelete, "/api/model/"+path, "", "") }
	remove("none").requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	remove("ticket-1.0").requireProblem(t, http.StatusConflict, "MODEL_IN_USE")
	remove("ticket-1.0?force=perhaps").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	require.Len(t, s.get(t, "/api/model", "Accept", "application/xml").collection(t, http.StatusOK), 1)
	require.Equal(t, http.StatusNoContent, remove("ticket-1.0?force=true").status)
	require.Empty(t, s.get(t, "/api/model", "Accept", "application/json").collection(t, http.StatusOK))
	remove("ticket-1.0").requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	require.Equal(t, http.StatusNoContent, s.get(t, "/api/logout").status)
}
