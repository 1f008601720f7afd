package rest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/eventlog"
	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

func mustJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

// collection reads an answer in one of the forms of Imixs.
func (a answer) collection(t *testing.T, status int) []workitem.Items {
	t.Helper()
	require.Equal(t, status, a.status, a.body)
	var list []workitem.Items
	var err error
	switch a.header.Get("Content-Type") {
	case "application/xml", "text/xml":
		list, err = document.ParseXMLCollection([]byte(a.body))
	case "application/json":
		require.Contains(t, a.body, `{"document":[`)
		list, err = document.ParseJSONCollection([]byte(a.body))
	default:
		require.Fail(t, "content type", a.header.Get("Content-Type"))
	}
	require.NoError(t, err)
	return list
}

func namesOf(items workitem.Items) []string { return slices.Sorted(maps.Keys(items)) }

// The forms of the answer, by header Accept, address and type of the body.
func TestTheAnswerHasTheFormThatTheClientWants(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	const (
		xml    = "application/xml"
		native = "application/vnd.postlude+json"
		imixs  = "application/json"
		asXML  = `<document><item name="$modelversion"><value>ticket-1.0</value></item><item name="$taskid"><value>1000</value></item>` +
			`<item name="$eventid"><value>10</value></item></document>`
		asJSON   = `{"item":[{"name":"$modelversion","value":["ticket-1.0"]},{"name":"$taskid","value":[1000]},{"name":"$eventid","value":[10]}]}`
		asItems  = `{"$modelversion":"ticket-1.0","$taskid":1000,"$eventid":10}`
		asFields = `%24modelversion=ticket-1.0&%24taskid=1000&%24eventid=10`
	)
	for _, c := range []struct{ query, accept, contentType, body, want string }{
		{"", "", xml, asXML, xml},
		{"", "*/*", "text/xml", asXML, "text/xml"},
		{"", "", imixs, asJSON, imixs},
		{"", "", imixs, asItems, native},
		{"", "", native, asItems, native},
		{"", "", "application/x-www-form-urlencoded", asFields, native},
		{"", imixs, xml, asXML, imixs},
		{"", xml, imixs, asItems, xml},
		{"", native, xml, asXML, native},
		{"", "application/json, text/plain, */*", imixs, asItems, imixs},
		{"", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/x-www-form-urlencoded", asFields, xml},
		{"?format=xml", native, imixs, asItems, xml},
		{"?format=json", xml, xml, asXML, imixs},
	} {
		header := []string{}
		if c.accept != "" {
			header = append(header, "Accept", c.accept)
		}
		for _, path := range []string{"/api/workflow/workitem", "/api/workflow/workitem/typed"} {
			got := s.do(t, http.MethodPost, path+c.query, c.contentType, c.body, header...)
			require.Equal(t, c.want, got.header.Get("Content-Type"), "%+v: %s", c, got.body)
			var items workitem.Items
			if c.want == native {
				items = got.items(t)
			} else {
				list := got.collection(t, http.StatusOK)
				require.Len(t, list, 1)
				items = list[0]
			}
			require.Equal(t, 1100, items.Int(workitem.TaskID))
		}
	}
	s.get(t, "/api/eventlog?format=html").requireProblem(t, http.StatusBadRequest, "INVALID_REQUEST")
}

func TestOnlyTheItemsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	id := s.create(t, `,"subject":"It leaks"`).Text(workitem.UniqueID)
	path := "/api/workflow/workitem/" + id + "?items=Subject,$taskid,%20none"
	for _, accept := range []string{"application/xml", "application/json"} {
		items := s.get(t, path, "Accept", accept).collection(t, http.StatusOK)[0]
		require.Len(t, items, 3)
		require.Equal(t, "It leaks", items.Text("subject"))
	}
	require.Len(t, s.get(t, path).items(t), 2)
}

func TestAnEntryInTheFormsOfImixs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.write(t, eventlog.Event{Topic: "a", Ref: "1", Data: json.RawMessage(`{"Amount": [5], "pair": [[1, 2]]}`)})
	s.write(t, eventlog.Event{Topic: "a", Ref: "2", Data: json.RawMessage(`7`)})
	s.write(t, eventlog.Event{Topic: "a", Ref: "3", Data: json.RawMessage(`{"n": 99999999999999999999}`)})
	s.write(t, eventlog.Event{Topic: "a", Ref: "4"})
	s.post(t, "/api/eventlog/lock/"+s.list(t, "/a?ref=4").only(t), "")
	for _, accept := range []string{"application/xml", "application/json"} {
		list := s.get(t, "/api/eventlog/a~a.lock", "Accept", accept).collection(t, http.StatusOK)
		require.Len(t, list, 4)
		require.Equal(t, []string{"created", "data", "id", "ref", "timeout", "topic"}, namesOf(list[0]))
		require.False(t, list[0].Date("timeout").IsZero())
		require.Equal(t, []any{workitem.Map{"Amount": workitem.List{int64(5)}, "pair": workitem.List{workitem.List{int64(1), int64(2)}}}}, list[0]["data"])
		require.Equal(t, []any{int64(7)}, list[1]["data"])
		require.Equal(t, "a", list[1].Text("topic"))
		require.Equal(t, []any{`{"n": 99999999999999999999}`}, list[2]["data"], "as it is, since items have no such number")
		require.Equal(t, []string{"created", "id", "lock.expires", "lock.owner", "ref", "timeout", "topic"}, namesOf(list[3]))
		require.Equal(t, "a.lock", list[3].Text("topic"))
		require.Equal(t, "anonymous", list[3].Text("lock.owner"))
	}
	got := s.do(t, http.MethodPost, "/api/eventlog/lock/"+s.list(t, "/a?ref=1").only(t), "", "", "Accept", "application/xml")
	require.Equal(t, http.StatusOK, got.status)
	require.Empty(t, got.body)
}

func TestErrorsInTheFormsOfImixs(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	for _, accept := range []string{"application/xml", "text/xml", "application/json"} {
		refused := s.do(t, http.MethodPost, "/api/workflow/workitem", "application/json",
			`{"$modelversion":"none","$taskid":1000,"$eventid":10,"subject":"It leaks"}`, "Accept", accept)
		items := refused.collection(t, http.StatusNotAcceptable)[0]
		require.Equal(t, "UNDEFINED_MODEL_VERSION", items.Text("$error_code"))
		require.NotEmpty(t, items.Text("$error_message"))
		require.Equal(t, "It leaks", items.Text("subject"), "what was sent")

		missing := s.get(t, "/api/workflow/workitem/none", "Accept", accept).collection(t, http.StatusNotFound)[0]
		require.Equal(t, "NOT_FOUND", missing.Text("$error_code"))
		s.get(t, "/nowhere", "Accept", accept).collection(t, http.StatusNotFound)
		s.do(t, http.MethodPatch, "/api/model", "", "", "Accept", accept).collection(t, http.StatusMethodNotAllowed)
		bad := s.do(t, http.MethodPost, "/api/model/bpmn", "application/xml", "<a/>", "Accept", accept).collection(t, http.StatusBadRequest)[0]
		require.Equal(t, "INVALID_MODEL", bad.Text("$error_code"))
		require.NotEmpty(t, bad.Text("problems"))
	}
	for _, accept := range []string{"application/problem+json, application/json", "application/vnd.postlude+json", "*/*", "text/html"} {
		s.get(t, "/api/workflow/workitem/none/x/y", "Accept", accept).requireProblem(t, http.StatusNotFound, "NOT_FOUND")
	}
}
