package rest_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/rest"
	"github.com/postlude/postlude/internal/workitem"
)

func TestAWorkitemIsCreatedReadAndProcessed(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	created := s.create(t, `,"Subject":"It leaks","amount":[12.5,3],"due":{"@date":"2030-01-02T03:04:05Z"}`)
	require.Equal(t, 1100, created.Int(workitem.TaskID))
	require.Equal(t, "anonymous", created.Text(workitem.Creator))
	require.Equal(t, []any{12.5, int64(3)}, created.Values("amount"))
	path := "/api/workflow/workitem/" + created.Text(workitem.UniqueID)

	read := s.get(t, path).items(t)
	for name, values := range created {
		if name != workitem.Created && name != workitem.Modified {
			require.Equal(t, values, read[name], name)
		}
	}
	require.False(t, read.Date(workitem.Created).IsZero())

	closed := s.do(t, http.MethodPut, path, "application/json; charset=utf-8", `{"$taskid":1100,"$eventid":20}`).items(t)
	require.Equal(t, 1200, closed.Int(workitem.TaskID))
	require.Equal(t, "It leaks", closed.Text("subject"))
	require.NotEqual(t, created.Text(workitem.TransactionID), closed.Text(workitem.TransactionID))
}

func TestTheUniqueIDOfTheBodyMayRepeatThePath(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	id := s.create(t, "").Text(workitem.UniqueID)
	path := "/api/workflow/workitem/" + id
	s.post(t, path, `{"$uniqueid":"`+id+`","$eventid":30}`).items(t)
	s.post(t, "/api/workflow/workitem", `{"$uniqueid":["`+id+`"],"$eventid":30}`).items(t)
	s.post(t, path, `{"$uniqueid":"another","$eventid":30}`).requireProblem(t, http.StatusNotAcceptable, "INVALID_ID")
}

func TestTheEditorIsTheConfiguredOne(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t, func(c *rest.Config) { c.Editor = "anna" })
	created := s.create(t, `,"$editor":"mallory","$creator":"mallory"`)
	require.Equal(t, "anna", created.Text(workitem.Editor))
}

func TestAProcessingThatIsRefusedIs406WithItsCode(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	id := s.create(t, "").Text(workitem.UniqueID)
	for _, c := range []struct{ name, items, code string }{
		{"unknown model", `{"$modelversion":"nothing-9","$taskid":1000,"$eventid":10}`, "UNDEFINED_MODEL_VERSION"},
		{"unknown group", `{"$workflowgroup":"Nothing","$taskid":1000,"$eventid":10}`, "INVALID_ID"},
		{"unknown event", `{"$modelversion":"ticket-1.0","$taskid":1000,"$eventid":77}`, "UNDEFINED_MODEL_ENTRY"},
		{"no event", `{"$uniqueid":"` + id + `"}`, "UNDEFINED_ACTIVITYID"},
		{"another task", `{"$uniqueid":"` + id + `","$taskid":1000,"$eventid":10}`, "INVALID_PROCESSID"},
		{"too little", `{"$taskid":1000,"$eventid":10}`, "UNDEFINED_MODEL_VERSION"},
		{"nothing", `{}`, "UNDEFINED_MODEL_VERSION"},
		{"not stored, too little", `{"$uniqueid":"nobody","$eventid":10}`, "OPERATION_NOTALLOWED"},
	} {
		p := s.post(t, "/api/workflow/workitem", c.items).requireProblem(t, http.StatusNotAcceptable, c.code)
		require.NotContains(t, p.Detail, c.code, c.name)
	}
}

func TestAWorkitemThatSomebodyElseProcessesIs409(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	id := s.create(t, "").Text(workitem.UniqueID)
	tx, err := s.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(t.Context())) }()
	_, err = workitem.LockFree(t.Context(), tx, []string{id})
	require.NoError(t, err)
	s.post(t, "/api/workflow/workitem/"+id, `{"$eventid":20}`).requireProblem(t, http.StatusConflict, "CONFLICT")
}

func TestItemsThatAreNotReadAre400(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	for name, c := range map[string]struct{ body, code string }{
		"empty":            {"", "INVALID_WORKITEM"},
		"cut off":          {`{"a":`, "INVALID_WORKITEM"},
		"no object":        {`[1]`, "INVALID_WORKITEM"},
		"more behind":      {`{} {}`, "INVALID_WORKITEM"},
		"escaped U+0000":   {`{"a":"x\u0000y"}`, "INVALID_WORKITEM"},
		"name with U+0000": {`{"a\u0000":"x"}`, "INVALID_WORKITEM"},
		"raw U+0000":       {"{\"a\":\"\x00\"}", "INVALID_WORKITEM"},
		"no UTF-8":         {"{\"a\":\"\xff\"}", "INVALID_WORKITEM"},
		"item twice":       {`{"a":1,"A":2}`, "INVALID_WORKITEM"},
		"large integer":    {`{"a":9223372036854775808}`, "INVALID_WORKITEM"},
		"deep":             {`{"a":` + strings.Repeat("[", 5000), "INVALID_WORKITEM"},
		"two documents":    {`{"document":[{"item":[]},{"item":[]}]}`, "INVALID_REQUEST"},
		"long $uniqueid":   {`{"$uniqueid":"` + strings.Repeat("a", 300) + `"}`, "INVALID_REQUEST"},
	} {
		t.Log(name)
		s.post(t, "/api/workflow/workitem", c.body).requireProblem(t, http.StatusBadRequest, c.code)
	}
	var count int
	require.NoError(t, s.pool.QueryRow(t.Context(), "SELECT count(*) FROM workitem").Scan(&count))
	require.Zero(t, count)
}

func TestWorkitemRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	const path = "/api/workflow/workitem"
	for _, media := range []string{"", "text/plain", "application/octet-stream", ";;"} {
		s.do(t, http.MethodPost, path, media, `{}`).requireProblem(t, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
	}
	s.do(t, http.MethodPost, path, "application/json", `{}`, "Content-Encoding", "gzip").
		requireProblem(t, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
	s.post(t, path, `{"a":"`+strings.Repeat("a", 8<<20)+`"}`).requireProblem(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
	s.get(t, path+"/none").requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	s.get(t, path+"/a%00b").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
	s.get(t, path+"/none", "Accept", "text/html;q=1, application/json;q=0").
		requireProblem(t, http.StatusNotAcceptable, "NOT_ACCEPTABLE")
	s.post(t, path+"/a%00b", `{"$eventid":10}`).requireProblem(t, http.StatusBadRequest, "INVALID_WORKITEM")
}

func TestABodyThatEndsEarlyIs400(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	defer connection.Close()
	_, err = fmt.Fprint(connection, "POST /api/workflow/workitem HTTP/1.1\r\nHost: localhost\r\n"+
		"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"a\":1}")
	require.NoError(t, err)
	half, ok := connection.(interface{ CloseWrite() error })
	require.True(t, ok)
	require.NoError(t, half.CloseWrite())
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
}
