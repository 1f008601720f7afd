package integration

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/examples"
)

// newTicket is a body in each of the ways that the original reads: what is to be
// processed, the Content-Type, and the path that is for it.
var newTicket = map[string]struct{ contentType, path, body string }{
	"XML": {formXML, "/workitem", xmlDocument + `
		<item name="$modelversion"><value xsi:type="xs:string">ticket-1.0</value></item>
		<item name="$taskid"><value xsi:type="xs:int">1000</value></item>
		<item name="$eventid"><value xsi:type="xs:int">10</value></item>
		<item name="subject"><value xsi:type="xs:string">It leaks</value></item></document>`},
	"text XML": {"text/xml; charset=UTF-8", "/workitem", xmlDocument + `
		<item name="$modelversion"><value xsi:type="xs:string">ticket-1.0</value></item>
		<item name="$taskid"><value xsi:type="xs:int">1000</value></item>
		<item name="$eventid"><value xsi:type="xs:int">10</value></item>
		<item name="subject"><value xsi:type="xs:string">It leaks</value></item></document>`},
	"JSON": {formJSON, "/workitem", `{"item":[
		{"name":"$modelversion","value":["ticket-1.0"]},
		{"name":"$taskid","value":[1000]},
		{"name":"$eventid","value":[10]},
		{"name":"subject","value":["It leaks"]}]}`},
	"typed JSON": {formJSON, "/workitem/typed", `{"item":[
		{"name":"$modelversion","value":{"@type":"xs:string","$":"ticket-1.0"}},
		{"name":"$taskid","value":{"@type":"xs:int","$":"1000"}},
		{"name":"$eventid","value":[{"@type":"xs:int","$":"10"}]},
		{"name":"subject","value":{"@type":"xs:string","$":"It leaks"}}]}`},
	"typed JSON in data": {formJSON, "/workitem/typed", `{"data":[{"item":[
		{"name":"$modelversion","value":{"@type":"xs:string","$":"ticket-1.0"}},
		{"name":"$taskid","value":{"@type":"xs:int","$":"1000"}},
		{"name":"$eventid","value":{"@type":"xs:int","$":"10"}},
		{"name":"subject","value":{"@type":"xs:string","$":"It leaks"}}]}]}`},
	"fields": {
		formFields, "/workitem",
		url.Values{"$modelversion": {"ticket-1.0"}, "$taskid": {"1000"}, "$eventid": {"10"}, "subject": {"It leaks"}}.Encode(),
	},
}

// ticketXML is a ticket as the original shows it, and ticketJSON the same.
const (
	ticketXML = xmlData + `><document>
		<item name="$created"><value xsi:type="xs:dateTime">TIME</value></item>
		<item name="$creator"><value xsi:type="xs:string">anonymous</value></item>
		<item name="$editor"><value xsi:type="xs:string">anonymous</value></item>
		<item name="$eventid"><value xsi:type="xs:int">0</value></item>
		<item name="$eventlog"><value xsi:type="xs:string">TIME|ticket-1.0|1000|10|1100|anonymous|</value></item>
		<item name="$lastevent"><value xsi:type="xs:int">10</value></item>
		<item name="$lasteventdate"><value xsi:type="xs:dateTime">TIME</value></item>
		<item name="$lasttask"><value xsi:type="xs:int">1000</value></item>
		<item name="$modelversion"><value xsi:type="xs:string">ticket-1.0</value></item>
		<item name="$modified"><value xsi:type="xs:dateTime">TIME</value></item>
		<item name="$participants"><value xsi:type="xs:string">anonymous</value></item>
		<item name="$processid"><value xsi:type="xs:int">1100</value></item>
		<item name="$taskid"><value xsi:type="xs:int">1100</value></item>
		<item name="$transactionid"><value xsi:type="xs:string">TX</value></item>
		<item name="$uniqueid"><value xsi:type="xs:string">ID</value></item>
		<item name="$workflowgroup"><value xsi:type="xs:string">Ticket</value></item>
		<item name="$workflowstatus"><value xsi:type="xs:string">Open</value></item>
		<item name="$workitemid"><value xsi:type="xs:string">ID</value></item>
		<item name="namcreator"><value xsi:type="xs:string">anonymous</value></item>
		<item name="namcurrenteditor"><value xsi:type="xs:string">anonymous</value></item>
		<item name="subject"><value xsi:type="xs:string">It leaks</value></item>
		<item name="txtworkflowgroup"><value xsi:type="xs:string">Ticket</value></item>
		<item name="txtworkflowstatus"><value xsi:type="xs:string">Open</value></item>
		<item name="type"><value xsi:type="xs:string">workitem</value></item>
		</document></data>`
	ticketJSON = `{"document":[{"item":[
		{"name":"$created","value":["TIME"]},
		{"name":"$creator","value":["anonymous"]},
		{"name":"$editor","value":["anonymous"]},
		{"name":"$eventid","value":[0]},
		{"name":"$eventlog","value":["TIME|ticket-1.0|1000|10|1100|anonymous|"]},
		{"name":"$lastevent","value":[10]},
		{"name":"$lasteventdate","value":["TIME"]},
		{"name":"$lasttask","value":[1000]},
		{"name":"$modelversion","value":["ticket-1.0"]},
		{"name":"$modified","value":["TIME"]},
		{"name":"$participants","value":["anonymous"]},
		{"name":"$processid","value":[1100]},
		{"name":"$taskid","value":[1100]},
		{"name":"$transactionid","value":["TX"]},
		{"name":"$uniqueid","value":["ID"]},
		{"name":"$workflowgroup","value":["Ticket"]},
		{"name":"$workflowstatus","value":["Open"]},
		{"name":"$workitemid","value":["ID"]},
		{"name":"namcreator","value":["anonymous"]},
		{"name":"namcurrenteditor","value":["anonymous"]},
		{"name":"subject","value":["It leaks"]},
		{"name":"txtworkflowgroup","value":["Ticket"]},
		{"name":"txtworkflowstatus","value":["Open"]},
		{"name":"type","value":["workitem"]}
		]}]}`
)

// TestTheWorkitemsOfImixs: a workitem is created in every form and by both
// methods, and answered in the form that the client accepts.
func TestTheWorkitemsOfImixs(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	for name, ticket := range newTicket {
		for _, method := range []string{http.MethodPost, http.MethodPut} {
			for accept, want := range map[string]string{formXML: ticketXML, "text/xml": ticketXML, formJSON: ticketJSON} {
				imixs := &client{t: t, api: c.api, accept: accept, contentType: ticket.contentType}
				got := imixs.ask(method, "/api/workflow"+ticket.path, ticket.body).is(http.StatusOK)
				got.what = name + " as " + accept
				got.says(want)
				require.Equal(t, accept, got.header.Get("Content-Type"))
				imixs.get("/api/workflow/workitem/" + uniqueID(t, got.body)).is(http.StatusOK).says(want)
			}
		}
	}
}

// uniqueID finds the $uniqueid of the one document of an answer.
func uniqueID(t *testing.T, body string) string {
	t.Helper()
	_, after, ok := strings.Cut(body, `"$uniqueid"`)
	require.True(t, ok, body)
	return volatileID.FindString(after)
}

// TestAWorkitemOfImixsMovesOn by all paths that have an id, and what is asked for
// of it is in the answer.
func TestAWorkitemOfImixsMovesOn(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	imixs := c.imixs(imixsForms["JSON"])
	id := uniqueID(t, imixs.ask(http.MethodPost, "/api/workflow/workitem", newTicket["JSON"].body).is(http.StatusOK).body)
	const wanted = `?items=$taskid,$lastevent,comment`
	step := func(method, path, more, task, event, comment string) {
		t.Helper()
		body := `{"item":[{"name":"$eventid","value":[` + event + `]}` + more + `]}`
		imixs.ask(method, "/api/workflow/workitem"+path+wanted, body).is(http.StatusOK).says(`{"document":[{"item":[
			{"name":"$lastevent","value":[` + event + `]},
			{"name":"$taskid","value":[` + task + `]},
			{"name":"comment","value":[` + comment + `]}
		]}]}`)
	}
	mine := `,{"name":"$uniqueid","value":["` + id + `"]}`
	step(http.MethodPost, "/"+id, `,{"name":"comment","value":["why?"]}`, "1100", "30", `"why?"`)
	step(http.MethodPut, "/"+id, mine, "1100", "30", `"why?"`)
	step(http.MethodPost, "/"+id+"/typed", `,{"name":"comment","value":{"@type":"xs:int","$":"7"}}`, "1100", "30", "7")
	step(http.MethodPut, "/"+id+"/typed", "", "1100", "30", "7")
	step(http.MethodPost, "", mine, "1200", "20", "7")

	for _, body := range []string{
		`{"item":[{"name":"$eventid","value":[30]},{"name":"$uniqueid","value":["another"]}]}`,
		`{"item":[{"name":"$eventid","value":[99]}]}`,
	} {
		refused := imixs.ask(http.MethodPost, "/api/workflow/workitem/"+id, body).is(http.StatusNotAcceptable)
		require.Contains(t, refused.body, `{"name":"$error_code","value":["`)
		require.Contains(t, refused.body, `{"name":"$error_message","value":["`)
	}
	imixs.get("/api/workflow/workitem/00000000-0000-4000-8000-000000000000").is(http.StatusNotFound)
	for form, media := range map[string]string{"xml": formXML, "json": formJSON} { // before Accept
		got := c.imixs(imixsForms["XML"]).get("/api/workflow/workitem/" + id + "?format=" + form).is(http.StatusOK)
		require.Equal(t, media, got.header.Get("Content-Type"))
	}
}

// TestTheEventsOfImixs: those that may be processed next, but not the one that
// only a timer processes.
func TestTheEventsOfImixs(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	for _, form := range []string{"XML", "JSON"} {
		imixs := c.imixs(imixsForms[form])
		id := uniqueID(t, imixs.ask(http.MethodPost, "/api/workflow/workitem", newTicket[form].body).is(http.StatusOK).body)
		var names []string
		for _, event := range imixs.get("/api/workflow/workitem/events/" + id).is(http.StatusOK).documents() {
			names = append(names, fmt.Sprintf("%d %s", event.Int("eventid"), event.Text("name")))
		}
		require.Equal(t, []string{"20 answer", "30 comment"}, names)
		imixs.get("/api/workflow/workitem/events/00000000-0000-4000-8000-000000000000").is(http.StatusNotFound)
	}
}

// TestTheListsOfImixs: work list and task lists, their keys, pages and orders.
func TestTheListsOfImixs(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	imixs := c.imixs(imixsForms["JSON"])
	create := func(subject, more string) string {
		t.Helper()
		return uniqueID(t, imixs.ask(http.MethodPost, "/api/workflow/workitem", `{"item":[
			{"name":"$modelversion","value":["ticket-1.0"]},{"name":"$taskid","value":[1000]},{"name":"$eventid","value":[10]},
			{"name":"subject","value":["`+subject+`"]}`+more+`]}`).is(http.StatusOK).body)
	}
	var all []string
	for i := range 11 {
		all = append(all, string(rune('a'+i)))
		create(all[i], "")
	}
	owned := create("owned", `,{"name":"$owner","value":["anna"]},{"name":"$writeaccess","value":["anna","anonymous"]}`)
	create("mine", `,{"name":"$owner","value":["anonymous"]}`)
	create("about", `,{"name":"$workitemref","value":["`+owned+`"]}`)
	answered := create("answered", "")
	imixs.ask(http.MethodPost, "/api/workflow/workitem/"+answered, `{"item":[{"name":"$eventid","value":[20]}]}`).is(http.StatusOK)
	all = append(all, "owned", "mine", "about", "answered")
	newest := func(n int) (subjects []string) {
		for i := range n {
			subjects = append(subjects, all[len(all)-1-i])
		}
		return subjects
	}

	for path, want := range map[string][]string{
		"/workitems":                                             newest(10),
		"/workitems?pageSize=100":                                newest(15),
		"/workitems?pageSize=0":                                  newest(10),
		"/workitems?pageSize=4&pageIndex=1":                      newest(8)[4:],
		"/workitems?sortBy=$created&pageSize=3":                  {"a", "b", "c"},
		"/workitems?sortBy=$created&sortReverse=true&pageSize=2": {"answered", "about"},
		"/workitems?type=workitem&pageSize=2":                    newest(2),
		"/workitems?type=archive":                                nil,
		"/worklist":                                              {"mine"},
		"/tasklist/owner/anna":                                   {"owned"},
		"/tasklist/owner/null":                                   {"mine"},
		"/tasklist/creator/anonymous?pageSize=100":               newest(15),
		"/tasklist/creator/nobody":                               nil,
		"/tasklist/author/anna":                                  {"owned"},
		"/tasklist/group/Ticket?pageSize=3":                      newest(3),
		"/tasklist/group/None":                                   nil,
		"/tasklist/processid/1200":                               {"answered"},
		"/tasklist/processid/7":                                  nil,
		"/tasklist/ref/" + owned:                                 {"about"},
		"/tasklist/writeaccess":                                  {"owned"},
	} {
		body := imixs.get("/api/workflow" + path).is(http.StatusOK).body
		require.Equal(t, want, valuesOf(body, "subject"), path)
	}
	imixs.get("/api/workflow/tasklist/owner/anna?items=subject,$taskid").is(http.StatusOK).
		says(`{"document":[{"item":[{"name":"$taskid","value":[1100]},{"name":"subject","value":["owned"]}]}]}`)
	c.imixs(imixsForms["XML"]).get("/api/workflow/tasklist/owner/nobody").is(http.StatusOK).says(xmlData + "/>")
}

// TestACollectionOfImixs is processed as a whole.
func TestACollectionOfImixs(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	imixs := c.imixs(imixsForms["JSON"])
	ticket := func(event string) string {
		return `{"item":[{"name":"$modelversion","value":["ticket-1.0"]},{"name":"$taskid","value":[1000]},{"name":"$eventid","value":[` + event + `]}]}`
	}
	count := func() (n int) {
		require.NoError(t, c.pool.QueryRow(t.Context(), "SELECT count(*) FROM workitem").Scan(&n))
		return n
	}
	for i, method := range []string{http.MethodPost, http.MethodPut} {
		imixs.ask(method, "/api/workflow/workitems?items=$taskid", `{"document":[`+ticket("10")+`,`+ticket("10")+`]}`).is(http.StatusOK).
			says(`{"document":[{"item":[{"name":"$taskid","value":[1100]}]},{"item":[{"name":"$taskid","value":[1100]}]}]}`)
		require.Equal(t, 2*(i+1), count())
	}
	imixs.ask(http.MethodPost, "/api/workflow/workitems", `{"document":[`+ticket("10")+`,`+ticket("99")+`]}`).is(http.StatusNotAcceptable)
	require.Equal(t, 4, count(), "all or none")
}

// TestAnAttachmentOfImixs comes back as it was sent.
func TestAnAttachmentOfImixs(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	imixs := c.imixs(imixsForms["JSON"])
	id := uniqueID(t, imixs.ask(http.MethodPost, "/api/workflow/workitem", `{"item":[
		{"name":"$modelversion","value":["ticket-1.0"]},{"name":"$taskid","value":[1000]},{"name":"$eventid","value":[10]},
		{"name":"$file","value":[[{"name":"hello.txt","value":["text/plain",{"@type":"xs:base64Binary","$":"aGVsbG8="},[]]}]]}]}`).
		is(http.StatusOK).body)
	got := imixs.get("/api/workflow/workitem/" + id + "/file/hello.txt").is(http.StatusOK)
	require.Equal(t, "hello", got.body)
	require.Equal(t, "text/plain", got.header.Get("Content-Type"))
	imixs.get("/api/workflow/workitem/" + id + "/file/none.txt").is(http.StatusNotFound)
}

// TestTheModelsOfImixs are deployed as its clients do, and come back byte by byte.
func TestTheModelsOfImixs(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	source, err := examples.FS.ReadFile("ticket.bpmn")
	require.NoError(t, err)
	xml := c.imixs(imixsForms["XML"])
	xml.contentType = "application/octet-stream"
	for i, path := range []string{"", "/ticket.bpmn"} {
		for _, method := range []string{http.MethodPut, http.MethodPost} {
			version := "ticket-" + string(rune('2'+i)) + method
			model := strings.ReplaceAll(string(source), "ticket-1.0", version)
			xml.ask(method, "/api/model/bpmn"+path, model).is(http.StatusOK)
			require.Equal(t, model, xml.get("/api/model/"+version+"/bpmn").is(http.StatusOK).body)
		}
	}
	versions := []string{"order-1.0", "ticket-1.0", "ticket-2POST", "ticket-2PUT", "ticket-3POST", "ticket-3PUT"}
	require.ElementsMatch(t, versions, valuesOf(c.imixs(imixsForms["JSON"]).get("/api/model/").is(http.StatusOK).body, "version"))
	require.Equal(t, len(versions), strings.Count(xml.get("/api/model").is(http.StatusOK).body, "<document>"))

	xml.ask(http.MethodPut, "/api/model/bpmn/broken.bpmn", "<broken").is(http.StatusBadRequest)
	xml.ask(http.MethodDelete, "/api/model/ticket-2PUT", "").is(http.StatusNoContent).empty()
	xml.get("/api/model/ticket-2PUT/bpmn").is(http.StatusNotFound)
}
