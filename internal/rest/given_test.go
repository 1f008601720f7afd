package rest_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

// forged is what a client must not say.
const forged = `,"$eventlog":["2020-01-01T00:00:00.000Z|ticket-1.0|1000|99|1100|max|approved"],"$participants":["max"],"$lastevent":99,"$lasttask":7,` +
	`"$lasteventdate":{"@date":"2020-01-01T00:00:00Z"},"$eventlogdeprecated":["x"],"$uniqueidsource":"another","$uniqueidversions":["another"],` +
	`"$created.version":{"@date":"2020-01-01T00:00:00Z"},"workflow.history":[["x"]],"txtworkflowhistory":[["x"]],"txtworkflowhistorylog":["x"],` +
	`"txtworkflowhistorylogrev":["x"],"$creator":"max","$editor":"max","$lasteditor":"max"`

func TestAClientWritesNoHistory(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	id := s.stored(t, `,"$writeaccess":["anna"]`+forged)
	path := "/api/workflow/workitem/" + id
	created := s.as(t, "anna", http.MethodGet, path, "").items(t)
	require.Len(t, created.Values(workitem.EventLog), 1)
	require.Equal(t, 10, created.Int(workitem.LastEvent))
	require.Equal(t, 1000, created.Int(workitem.LastTask))
	require.NotEqual(t, 2020, created.Date(workitem.LastEventDate).Year())
	for _, name := range []string{
		"$participants", "$eventlogdeprecated", "$uniqueidsource", "$uniqueidversions", "$created.version", "$lasteditor",
		"workflow.history", "txtworkflowhistory", "txtworkflowhistorylog", "txtworkflowhistorylogrev",
	} {
		require.False(t, created.Has(name), name)
	}

	// the whole of it is sent back, and the history goes on
	whole := created.Clone()
	whole.Set(workitem.EventID, 30)
	whole.Set("subject", "changed")
	got := s.as(t, "anna", http.MethodPut, path, string(workitem.AppendJSON(nil, whole))).items(t)
	require.Equal(t, "changed", got.Text("subject"))
	lines := got.Values(workitem.EventLog)
	require.Len(t, lines, 2)
	require.Equal(t, created.Values(workitem.EventLog)[0], lines[0])

	_, err := s.pool.Exec(t.Context(), `UPDATE workitem SET items = (items::jsonb || '{"workflow.history": [["h"]], "$participants": ["anna"]}')::json`)
	require.NoError(t, err)
	got = s.as(t, "anna", http.MethodPut, path, `{"$eventid":30`+forged+`}`).items(t)
	require.Len(t, got.Values(workitem.EventLog), 3)
	require.Equal(t, lines[1], got.Values(workitem.EventLog)[1])
	require.Equal(t, []any{"anna"}, got.Values("$participants"))
	require.Equal(t, []any{workitem.List{"h"}}, got.Values("workflow.history"))
	require.False(t, got.Has("$eventlogdeprecated"))

	// nor with the documents of a collection
	got = s.as(t, "anna", http.MethodPost, "/api/workflow/workitems",
		`{"document":[{"item":[{"name":"$modelversion","value":["ticket-1.0"]},{"name":"$taskid","value":[1000]},{"name":"$eventid","value":[10]},`+
			`{"name":"$eventlog","value":["x"]}]}]}`, "Accept", "application/json").collection(t, http.StatusOK)[0]
	require.Len(t, got.Values(workitem.EventLog), 1)
	require.NotEqual(t, "x", got.Text(workitem.EventLog))
}

func TestAWorkitemHasOneID(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	const ticket = `{"$modelversion":"ticket-1.0","$taskid":1000,"$eventid":10,"$uniqueid":`
	for _, given := range []string{`["","zzz"]`, `["",""]`, `""`, `[]`, `{"@bytes":""}`} {
		got := s.as(t, "anna", http.MethodPost, "/api/workflow/workitem", ticket+given+`}`).items(t)
		require.Len(t, got.Values(workitem.UniqueID), 1, given)
		require.Len(t, got.Text(workitem.UniqueID), 36, given)
	}
	for given, want := range map[string]string{`["mine","another"]`: "mine", `5`: "5", `"Rechnung 7/2026 äöü <&>.*"`: "Rechnung 7/2026 äöü <&>.*"} {
		got := s.as(t, "anna", http.MethodPost, "/api/workflow/workitem", ticket+given+`}`).items(t)
		require.Equal(t, []any{want}, got.Values(workitem.UniqueID), given)
	}
	for _, given := range []string{`" "`, `" a"`, `"a\u00a0"`, `"a\u0001"`, `"a\u007f"`, `"a\nb"`, `{"@bytes":"AAAA"}`, `[["a"]]`, `{"a":"b"}`, `1.5`} {
		s.as(t, "anna", http.MethodPost, "/api/workflow/workitem", ticket+given+`}`).requireProblem(t, http.StatusNotAcceptable, "INVALID_ID")
	}
	var empty int
	require.NoError(t, s.pool.QueryRow(t.Context(), `SELECT count(*) FROM workitem WHERE uniqueid = '' OR uniqueid <> trim(uniqueid)`).Scan(&empty))
	require.Zero(t, empty)
}

// A client must not get back all that it sent, as a text within an error.
func TestProblemsAreShort(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	long := strings.Repeat("ä", 1<<20)
	for path, bodies := range map[string][]string{
		"": {
			`{"a":` + strings.Repeat("1", 1<<20) + `}`, `{"` + long + `":1,"` + long + `":2}`, `{"a":{"@` + long + `":1}}`,
			`{"$modelversion":"` + long + `","$taskid":1,"$eventid":1}`, `{"$workflowgroup":"` + long + `","$taskid":1,"$eventid":1}`,
			`{"item":[{"name":"a","value":[{"@type":"xs:int` + long + `"}]}]}`, `{"$uniqueid":"` + long + `"}`,
		},
		"/x": {`{"$uniqueid":"` + long + `"}`},
	} {
		for _, body := range bodies {
			got := s.post(t, "/api/workflow/workitem"+path, body)
			require.GreaterOrEqual(t, got.status, 400, "%.50s", body)
			require.Less(t, len(got.body), 2000, "%.50s", body)
			require.True(t, utf8.ValidString(got.body))
			require.NotContains(t, got.body, `\ufffd`)
		}
	}
}

func TestBodiesOfManyPartsAreRefused(t *testing.T) {
	t.Parallel()
	s := newTicketServer(t)
	many := strings.Repeat
	for name, c := range map[string]struct{ media, body, code, detail string }{
		"values":         {"application/json", `{"a":[` + many("{},", 300_000) + `{}]}`, "INVALID_WORKITEM", "more than 250000 values"},
		"documents":      {"application/json", `{"document":[` + many(`{"item":[]},`, 20_000) + `{"item":[]}]}`, "INVALID_WORKITEM", "more than 10000 documents"},
		"fields":         {"application/x-www-form-urlencoded", many("a=&", 200_000) + "b=", "INVALID_REQUEST", "more than 100000 fields"},
		"field no name":  {"application/x-www-form-urlencoded", "+=1", "INVALID_REQUEST", "a field has no name"},
		"field not XML":  {"application/x-www-form-urlencoded", "a%01=1", "INVALID_REQUEST", "a field has no name"},
		"item no name":   {"application/json", `{"":1}`, "INVALID_WORKITEM", "an item has no name"},
		"item not XML":   {"application/json", `{"a\u0001":1}`, "INVALID_WORKITEM", "XML cannot hold"},
		"member not XML": {"application/json", `{"item":[{"name":"a\u0001","value":1}]}`, "INVALID_WORKITEM", "XML cannot hold"},
	} {
		p := s.do(t, http.MethodPost, "/api/workflow/workitem", c.media, c.body, "Accept", "application/vnd.postlude+json").
			requireProblem(t, http.StatusBadRequest, c.code)
		require.Contains(t, p.Detail, c.detail, name)
	}
}

// What names nobody restricts all the same, in a list as in a single read: only an
// empty text does not.
func TestAccessListsOfWhatIsNoText(t *testing.T) {
	t.Parallel()
	s := guardedServer(t)
	for access, readable := range map[string]bool{
		`[""]`: true, `["",""]`: true, `[]`: true, `null`: true, `["rita"]`: true, `["","rita"]`: true, `[1.5,"rita"]`: true,
		`[{"@bytes":""}]`: false, `["",{"@bytes":""}]`: false, `[[]]`: false, `[{}]`: false, `[["rita"]]`: false, `[1.5]`: false, `[5]`: false,
		`[true]`: false, `[{"@date":"2020-01-01T00:00:00Z"}]`: false, `[{"@bytes":"rita"}]`: false, `[" "]`: false,
	} {
		id := s.stored(t, `,"subject":"`+strings.ReplaceAll(access, `"`, "'")+`","$readaccess":`+access)
		status := http.StatusNotFound
		if readable {
			status = http.StatusOK
		}
		require.Equal(t, status, s.as(t, "rita", http.MethodGet, "/api/workflow/workitem/"+id, "").status, access)
		subjects := s.workitems(t, "rita", "workitems?pageSize=1000")
		if readable {
			require.Contains(t, subjects, strings.ReplaceAll(access, `"`, "'"))
		} else {
			require.NotContains(t, subjects, strings.ReplaceAll(access, `"`, "'"))
		}
	}
}
