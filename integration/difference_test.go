package integration

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/workitem"
)

// These tests hold what docs/compatibility.md says, R1 to R11, against the API.

// problem is an error of the API in our own form.
type problem struct {
	Type, Title, Detail, Code string
	Status                    int
}

// refuses says that the answer is an error of this status and one of the codes, in
// the form that the client asked for.
func (r reply) refuses(status int, codes ...string) {
	r.t.Helper()
	r.is(status)
	media, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	if media == formProblem {
		var p problem
		require.NoError(r.t, json.Unmarshal([]byte(r.body), &p), "%s: %s", r.what, r.body)
		require.Equal(r.t, problem{"about:blank", http.StatusText(status), p.Detail, p.Code, status}, p, r.what)
		require.Contains(r.t, codes, p.Code, "%s: %s", r.what, p.Detail)
		require.NotEmpty(r.t, p.Detail, r.what)
		return
	}
	require.Contains(r.t, []string{formJSON, formXML, "text/xml"}, media, r.what)
	documents := r.documents()
	require.Len(r.t, documents, 1, r.what)
	require.Contains(r.t, codes, documents[0].Text("$error_code"), "%s: %s", r.what, r.body)
	require.NotEmpty(r.t, documents[0].Text("$error_message"), r.what)
}

// documents reads an answer in one of the forms of Imixs.
func (r reply) documents() []workitem.Items {
	r.t.Helper()
	parse := document.ParseXMLDocuments
	if r.header.Get("Content-Type") == formJSON {
		parse = document.ParseJSONCollection
	}
	documents, err := parse([]byte(r.body))
	require.NoError(r.t, err, "%s: %s", r.what, r.body)
	return documents
}

// entry is one of the event log, in our own form.
type entry struct {
	ID, Topic, Ref, State, LockOwner, Traceparent string
	Created, Due                                  time.Time
	LockExpires                                   *time.Time
	Data                                          json.RawMessage
}

func (c *client) entry(id string) (e entry) {
	c.t.Helper()
	c.get("/api/eventlog/entry/" + id).is(http.StatusOK).decode(&e)
	return e
}

func (r reply) entries() []entry {
	r.t.Helper()
	var list struct{ Entries []entry }
	r.is(http.StatusOK).decode(&list)
	return list.Entries
}

func (r reply) decode(into any) {
	r.t.Helper()
	require.NoError(r.t, json.Unmarshal([]byte(r.body), into), r.body)
}

const unknown = "00000000-0000-7000-8000-000000000000"

// R1: a lock has one owner and an end.
func TestALockIsALock(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	imixs, native := c.imixs(imixsForms["XML"]), c.native()
	id := native.created("t/r", "")
	lock, unlock, remove := "/api/eventlog/lock/"+id, "/api/eventlog/unlock/"+id, "/api/eventlog/"+id

	imixs.post(unlock).refuses(http.StatusConflict, "NOT_LOCKED")
	imixs.post(lock).is(http.StatusOK)
	e := native.entry(id)
	require.Equal(t, "anonymous", e.LockOwner)
	require.Equal(t, "t", e.Topic, "only Imixs has the suffix")
	require.WithinDuration(t, time.Now().Add(time.Hour), *e.LockExpires, time.Minute)
	imixs.post(lock).refuses(http.StatusConflict, "LOCKED")
	imixs.post(lock+"?owner=other").refuses(http.StatusConflict, "LOCKED")
	imixs.post(unlock+"?owner=other").refuses(http.StatusConflict, "NOT_YOURS")
	imixs.ask(http.MethodDelete, remove+"?owner=other", "").refuses(http.StatusConflict, "NOT_YOURS")
	imixs.post(unlock).is(http.StatusOK)
	imixs.post(unlock).refuses(http.StatusConflict, "NOT_LOCKED")

	// A lock ends by itself, and anybody may have the entry then.
	native.post(lock + "?owner=first&lease=300ms").is(http.StatusOK)
	native.ask(http.MethodDelete, remove, "").refuses(http.StatusConflict, "NOT_YOURS")
	require.Eventually(t, func() bool { return native.post(lock+"?owner=second&lease=PT1M").status == http.StatusOK },
		5*time.Second, 20*time.Millisecond)
	require.Equal(t, "anonymous/second", native.entry(id).LockOwner)
	native.post("/api/eventlog/extend/"+id+"?owner=first").refuses(http.StatusConflict, "NOT_YOURS")
	native.post("/api/eventlog/extend/" + id + "?owner=second&lease=2h").is(http.StatusOK).
		says(`{"id":"ID","lockOwner":"anonymous/second","lockExpires":"TIME"}`)
	require.WithinDuration(t, time.Now().Add(2*time.Hour), *native.entry(id).LockExpires, time.Minute)
	native.ask(http.MethodDelete, remove+"?owner=first", "").refuses(http.StatusConflict, "NOT_YOURS")
	native.ask(http.MethodDelete, remove+"?owner=second", "").is(http.StatusNoContent)
}

// R2: release unlocks what nobody works on, and deletes nothing.
func TestReleaseUnlocks(t *testing.T) {
	t.Parallel()
	native := newCluster(t, time.Minute).native()
	locked := func(lease string) string {
		t.Helper()
		id := native.created("t/r", `{"work":1}`)
		native.post("/api/eventlog/lock/" + id + "?lease=" + lease).is(http.StatusOK)
		return id
	}
	old, expired, other := locked("1h"), locked("1ms"), native.created("other/r", "")
	native.post("/api/eventlog/lock/" + other).is(http.StatusOK)
	require.Eventually(t, func() bool { return native.entry(expired).LockOwner == "" }, 5*time.Second, 10*time.Millisecond)

	native.post("/api/eventlog/release/3600000/t").is(http.StatusNoContent)
	require.Equal(t, "anonymous", native.entry(old).LockOwner, "it is not an hour old")
	native.post("/api/eventlog/release/1ms/t").is(http.StatusNoContent)
	require.Empty(t, native.entry(old).LockOwner)
	require.JSONEq(t, `{"work":1}`, string(native.entry(old).Data))
	require.Equal(t, "anonymous", native.entry(other).LockOwner, "of another topic")
	require.Len(t, native.get("/api/eventlog/").entries(), 3)
}

// R3: what there is not is a 404, for each request that names an entry.
func TestAnUnknownEntryIsNotFound(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	for _, form := range imixsForms {
		imixs := c.imixs(form)
		for _, id := range []string{unknown, "42", "x' OR '1'='1", "%27"} {
			id = strings.ReplaceAll(id, " ", "%20")
			for _, call := range []string{"lock/", "unlock/", "extend/", "cancel/", "fire/"} {
				imixs.post("/api/eventlog/"+call+id).refuses(http.StatusNotFound, "NOT_FOUND")
			}
			imixs.ask(http.MethodDelete, "/api/eventlog/"+id, "").refuses(http.StatusNotFound, "NOT_FOUND")
			imixs.get("/api/eventlog/entry/"+id).refuses(http.StatusNotFound, "NOT_FOUND")
		}
	}
}

// R4: async events belong to the workers.
func TestAsyncEventsBelongToTheWorkers(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	ticket, err := c.process(newWorkitem("ticket-1.0", 1000, 10))
	require.NoError(t, err)
	native := c.native()
	armed := native.get("/api/eventlog/async.event?ref=" + ticket).entries()
	require.Len(t, armed, 1)
	id := armed[0].ID
	for _, call := range []string{"lock/", "unlock/", "extend/"} {
		native.post("/api/eventlog/"+call+id).refuses(http.StatusConflict, "ASYNC")
	}
	native.ask(http.MethodDelete, "/api/eventlog/"+id, "").refuses(http.StatusConflict, "ASYNC")
	native.post("/api/eventlog/lock?topic=async.event").refuses(http.StatusConflict, "ASYNC")
	require.Len(t, native.get("/api/eventlog/async.event").entries(), 1)

	native.post("/api/eventlog/fire/" + id).is(http.StatusNoContent)
	require.False(t, native.entry(id).Due.After(time.Now().Add(time.Second)))
	native.post("/api/eventlog/cancel/" + id).is(http.StatusNoContent)
	native.get("/api/eventlog/entry/"+id).refuses(http.StatusNotFound, "NOT_FOUND")
	var reason string
	require.NoError(t, c.pool.QueryRow(t.Context(), "SELECT reason FROM eventlog_discarded WHERE ref = $1", ticket).Scan(&reason))
	require.Equal(t, "cancelled", reason)
}

// R5: entries tell their time, which may be given, and the address of a new one.
func TestEntriesTellTheirTime(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	native := c.native()
	now := native.entry(native.created("t/now", ""))
	require.WithinDuration(t, now.Created, now.Due, 100*time.Millisecond)
	for _, delay := range []string{"90m", "PT1H30M", "5400000", "1h30m"} {
		e := native.entry(native.created("t/late?delay="+delay, ""))
		require.WithinDuration(t, e.Created.Add(90*time.Minute), e.Due, 100*time.Millisecond, delay)
	}
	past := native.entry(native.created("t/past?due=2020-02-29T12:00:00.123456%2B01:00", ""))
	require.Equal(t, "2020-02-29T11:00:00.123456Z", past.Due.Format(time.RFC3339Nano))
	require.Contains(t, c.imixs(imixsForms["XML"]).get("/api/eventlog/t?ref=past").is(http.StatusOK).body,
		`<item name="timeout"><value xsi:type="xs:dateTime">2020-02-29T11:00:00.123Z</value></item>`)

	var due []string
	for _, e := range native.get("/api/eventlog/t?due=true").entries() {
		due = append(due, e.Ref)
	}
	require.Equal(t, []string{"past", "now"}, due, "the oldest due first")
	require.Len(t, native.get("/api/eventlog/t").entries(), 6)
	native.ask(http.MethodPut, "/api/eventlog/t/r?delay=1h&due=2030-01-01T00:00:00Z", "").refuses(http.StatusBadRequest, "INVALID_REQUEST")
}

// The trace context of the creator goes with the entry.
func TestATraceContextStays(t *testing.T) {
	t.Parallel()
	native := newCluster(t, time.Minute).native()
	const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	require.Equal(t, trace, native.entry(native.created("t/r", "", "traceparent", trace)).Traceparent)
	native.ask(http.MethodPut, "/api/eventlog/t/r", "", "traceparent", "nonsense").is(http.StatusBadRequest)
}

// A key creates one entry, whatever becomes of it.
func TestAnIdempotencyKeyCreatesOneEntry(t *testing.T) {
	t.Parallel()
	native := newCluster(t, time.Minute).native()
	const body = `{"amount":12.50}`
	first := native.created("invoice/4711?delay=1h", body, "Idempotency-Key", "k1")
	require.Equal(t, first, native.created("invoice/4711?delay=1h", body, "Idempotency-Key", "k1"))
	require.Equal(t, first, native.created("invoice/4711?delay=PT1H", body, "Idempotency-Key", "k1"), "the same time in another form")
	for path, other := range map[string]string{
		"invoice/4711?delay=1h": `{"amount":12.51}`,
		"invoice/4712?delay=1h": body,
		"invoices/4711":         body,
		"invoice/4711":          body,
		"invoice/4711?delay=2h": body,
	} {
		native.ask(http.MethodPut, "/api/eventlog/"+path, other, "Idempotency-Key", "k1").refuses(http.StatusUnprocessableEntity, "KEY_REUSED")
	}
	require.Len(t, native.get("/api/eventlog/").entries(), 1)
	require.NotEqual(t, first, native.created("invoice/4711?delay=1h", body, "Idempotency-Key", "k2"))
	require.NotEqual(t, first, native.created("invoice/4711?delay=1h", body))

	native.ask(http.MethodDelete, "/api/eventlog/"+first, "").is(http.StatusNoContent)
	require.Equal(t, first, native.created("invoice/4711?delay=1h", body, "Idempotency-Key", "k1"), "it has been done")
	require.Len(t, native.get("/api/eventlog/").entries(), 2)
}

// R6: pages and bodies have a size.
func TestPagesHaveALimit(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	_, err := c.pool.Exec(t.Context(), "INSERT INTO eventlog (topic, ref) SELECT 't', 'r' FROM generate_series(1, 1100)")
	require.NoError(t, err)
	native := c.native()
	for path, want := range map[string]int{"/t?maxCount=-1": 1000, "/t?maxCount=5000": 1000, "/?pageSize=1000": 1000, "/t?pageSize=1000&pageIndex=1": 100} {
		require.Len(t, native.get("/api/eventlog"+path).entries(), want, path)
	}
	native.get("/api/eventlog/t?pageSize=1001").refuses(http.StatusBadRequest, "INVALID_REQUEST")
	require.Len(t, native.post("/api/eventlog/lock?topic=t").entries(), 10)
	require.Len(t, native.post("/api/eventlog/lock?topic=t&maxCount=100").entries(), 100)
	native.post("/api/eventlog/lock?topic=t&maxCount=101").refuses(http.StatusBadRequest, "INVALID_REQUEST")
}

// R7: a refused processing is answered with what was sent, and why not.
func TestARefusalSaysWhy(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	c.imixs(imixsForms["JSON"]).ask(http.MethodPost, "/api/workflow/workitem", `{"item":[
		{"name":"$modelversion","value":["ticket-1.0"]},{"name":"$taskid","value":[1000]},{"name":"$eventid","value":[99]},
		{"name":"subject","value":["It leaks"]}]}`).is(http.StatusNotAcceptable).says(`{"document":[{"item":[
		{"name":"$error_code","value":["UNDEFINED_MODEL_ENTRY"]},
		{"name":"$error_message","value":["1000.99 is not callable in model \"ticket-1.0\""]},
		{"name":"$eventid","value":[99]},
		{"name":"$modelversion","value":["ticket-1.0"]},
		{"name":"$taskid","value":[1000]},
		{"name":"subject","value":["It leaks"]}
	]}]}`)
	c.imixs(imixsForms["XML"]).get("/api/eventlog/entry/" + unknown).is(http.StatusNotFound).says(xmlData + `><document>
		<item name="$error_code"><value xsi:type="xs:string">NOT_FOUND</value></item>
		<item name="$error_message"><value xsi:type="xs:string">there is no such entry</value></item>
	</document></data>`)
	c.native().get("/api/eventlog/entry/" + unknown).is(http.StatusNotFound).
		says(`{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no such entry","code":"NOT_FOUND"}`)
}

// R8: who accepts anything is answered as it asked.
func TestAClientThatAcceptsAnythingIsAnsweredAsItAsked(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	for _, accept := range []string{"", "*/*", "text/html, */*;q=0.5"} {
		for name, want := range map[string]string{"XML": formXML, "text XML": "text/xml", "JSON": formJSON, "fields": formNative} {
			easy := &client{t: t, api: c.api, accept: accept, contentType: newTicket[name].contentType}
			got := easy.ask(http.MethodPost, "/api/workflow"+newTicket[name].path, newTicket[name].body).is(http.StatusOK)
			require.Equal(t, want, got.header.Get("Content-Type"), "%s as %q", name, accept)
		}
		easy := &client{t: t, api: c.api, accept: accept}
		require.Equal(t, formNative, easy.get("/api/eventlog/").is(http.StatusOK).header.Get("Content-Type"))
	}
	(&client{t: t, api: c.api, accept: "text/html"}).get("/api/eventlog/").refuses(http.StatusNotAcceptable, "NOT_ACCEPTABLE")
}

// R10: who did something is the caller, whatever a client says.
func TestWhoCreatedAWorkitemIsNotUpToTheClient(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	got := c.native().ask(http.MethodPost, "/api/workflow/workitem", `{"$modelversion":"ticket-1.0","$taskid":1000,"$eventid":10,
		"$creator":"mallory","$editor":"mallory","$lasteditor":"mallory","namcreator":"mallory","namcurrenteditor":"mallory","namlasteditor":"mallory"}`).
		is(http.StatusOK)
	require.NotContains(t, got.body, "mallory")
	items, err := workitem.ParseJSON([]byte(got.body))
	require.NoError(t, err)
	require.Equal(t, "anonymous", items.Text(workitem.Creator))
}

// R11: a model that workitems are on is deleted only by force.
func TestAModelInUseIsDeletedByForce(t *testing.T) {
	t.Parallel()
	c := newCluster(t, time.Minute)
	native := c.native()
	_, err := c.process(newWorkitem("ticket-1.0", 1000, 10))
	require.NoError(t, err)
	native.ask(http.MethodDelete, "/api/model/ticket-1.0", "").refuses(http.StatusConflict, "MODEL_IN_USE")
	native.ask(http.MethodDelete, "/api/model/ticket-1.0?force=true", "").is(http.StatusNoContent)
	native.ask(http.MethodDelete, "/api/model/order-1.0", "").is(http.StatusNoContent)
	native.ask(http.MethodDelete, "/api/model/order-1.0", "").refuses(http.StatusNotFound, "NOT_FOUND")
}
