package integration

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// attack is a request that is to be refused.
type attack struct {
	what         string
	method, path string
	contentType  string
	body         string
	header       []string
	status       int
	code         string
	or           string // a code that is as good
}

// victim is an installation with something in it, whose state is known.
type victim struct {
	*cluster
	before string
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	c := newCluster(t, time.Minute)
	_, err := c.process(newWorkitem("ticket-1.0", 1000, 10))
	require.NoError(t, err)
	c.native().created("victim/r?delay=1h", `{"secret":1}`, "Idempotency-Key", "mine")
	return &victim{c, c.state(t)}
}

// stateSQL counts the rows of every table, and looks for changes of entries.
const stateSQL = `
SELECT string_agg(
    relname || ' ' || (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I', relname), false, true, '')))[1]::text,
    E'\n' ORDER BY relname
) || E'\n' || (SELECT string_agg(e::text, E'\n' ORDER BY id) FROM eventlog e)
FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`

func (c *cluster) state(t *testing.T) (state string) {
	t.Helper()
	require.NoError(t, c.pool.QueryRow(t.Context(), stateSQL).Scan(&state))
	return state
}

// leaks are what no answer may have in it.
var leaks = []string{
	"SELECT", "INSERT", "DELETE FROM", "SQLSTATE", "syntax error", "relation", "goroutine", "panic", "runtime", ".go:", "pgx", "postgres",
	"password", "/tmp", "/home", "/root", "/usr", "<html",
}

// repels sends an attack as each kind of client, and looks for what it has done.
func (v *victim) repels(t *testing.T, c *client, a attack) {
	t.Helper()
	for _, accept := range []string{"", formXML, formJSON} {
		attacker := *c
		attacker.accept, attacker.contentType = accept, a.contentType
		got := attacker.ask(a.method, a.path, a.body, a.header...)
		got.what = fmt.Sprintf("%s as %q: %s %.80s", a.what, accept, a.method, a.path)
		got.refuses(a.status, a.code, cmp.Or(a.or, a.code))
		got.leaksNothing()
		if len(a.header) == 0 || a.header[0] != "Accept" {
			require.Equal(t, accept == "", got.header.Get("Content-Type") == formProblem, got.what)
		}
	}
	v.isUnharmed(t, c, a.what)
}

func (r reply) leaksNothing() {
	r.t.Helper()
	for _, leak := range leaks {
		require.NotContains(r.t, r.body, leak, r.what)
	}
	require.Less(r.t, len(r.body), 10_000, r.what)
}

// isUnharmed says that nothing was changed, and that the API answers.
func (v *victim) isUnharmed(t *testing.T, c *client, what string) {
	t.Helper()
	began := time.Now()
	require.Len(t, c.get("/api/eventlog/victim").entries(), 1, what)
	require.Less(t, time.Since(began), time.Second, what)
	require.Equal(t, v.before, v.state(t), what)
}

// A topic is a name, whatever it looks like.
func TestTopicsAreNeverMoreThanNames(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	native := v.native()
	for i, topic := range []string{
		`x' OR '1'='1`, `x"; DROP TABLE eventlog; --`, `'`, `"`, `''`, `$1`, `{victim}`, `victim%`, `v_ctim`, `victim\`, `victim*`, `%2e%2e%2f`, `..`,
		`../../etc/passwd`, `a/b`, `a?b=c`, `a#b`, `<script>`, `a b`, `ä€😀`, "a\nb", "a\tb", ".", `x.lock.lock.x`, `lock`, `entry`, `{topic}`, `%s%n`,
	} {
		path := url.PathEscape(topic)
		if topic == "." || topic == ".." {
			path = strings.ReplaceAll(topic, ".", "%2E")
		}
		id := native.created(path+"/r"+fmt.Sprint(i), `{"n":1}`)
		require.Equal(t, topic, native.entry(id).Topic)
		listed := native.get("/api/eventlog/" + path).entries()
		require.Len(t, listed, 1, topic)
		require.Equal(t, id, listed[0].ID, topic)
		locked := native.post("/api/eventlog/lock?maxCount=100&topic=" + url.QueryEscape(topic)).entries()
		require.Len(t, locked, 1, topic)
		require.Equal(t, id, locked[0].ID, topic)
		native.post("/api/eventlog/release/0/" + path).is(http.StatusNoContent)
		require.Empty(t, native.entry(id).LockOwner, topic)
		require.Len(t, native.get("/api/eventlog?ref="+fmt.Sprint("r", i)).entries(), 1)
		native.ask(http.MethodDelete, "/api/eventlog/"+id, "").is(http.StatusNoContent)
		for _, read := range []string{"/api/workflow/workitem/", "/api/workflow/workitem/events/", "/api/model/x/bpmn?x="} {
			require.Equal(t, http.StatusNotFound, native.get(read+path).status, read+path)
		}
	}
	v.isUnharmed(t, native, "all topics")
}

func TestBadAddressesAreRefused(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	long := strings.Repeat("x", 3000)
	const bad, list, one = http.StatusBadRequest, "/api/eventlog?", "/api/eventlog/t?"
	var attacks []attack
	get := func(status int, code string, paths ...string) {
		for _, path := range paths {
			attacks = append(attacks, attack{what: path, method: http.MethodGet, path: path, status: status, code: code})
		}
	}
	do := func(method string, status int, code string, paths ...string) {
		for _, path := range paths {
			attacks = append(attacks, attack{what: path, method: method, path: path, status: status, code: code})
		}
	}
	get(bad, "INVALID_REQUEST",
		list+"pageSize=-1", list+"pageSize=1001", list+"pageSize=1e3", list+"pageSize=", list+"pageSize=99999999999999999999",
		list+"pageSize=0x10", list+"pageSize=%D9%A3", list+"pageIndex=-1", list+"pageIndex=9223372036854775807", list+"pageIndex=1%20OR%201=1",
		one+"maxCount=0", one+"maxCount=-2", one+"maxCount=-9223372036854775809", one+"maxCount=10;DROP", one+"maxCount='",
		one+"due=maybe", one+"wait=-1s", one+"wait=soon", one+"wait=1s&ref=r", list+"wait=1s",
		list+"pageSize=1&pageSize=2", list+"ref=a&ref=b", list+"%zz=1", list+"ref=%ff", list+"ref=%00", list+"%00=1", list+"ref=%ed%a0%80", list+"a;b=c",
		list+"format=yaml", "/api/eventlog/%ff", "/api/eventlog/%00", "/api/eventlog/~", "/api/eventlog/~~~", "/api/eventlog/"+strings.Repeat("t~", 101),
		"/api/workflow/worklist?pageSize=1001", "/api/workflow/worklist?pageSize=-5", "/api/workflow/worklist?sortBy=items", "/api/workflow/worklist?sortBy=$created;--",
		"/api/workflow/worklist?sortReverse=maybe", "/api/workflow/tasklist/processid/x", "/api/workflow/tasklist/processid/99999999999999999999",
		"/api/workflow/tasklist/owner/%00", "/api/workflow/tasklist/owner/%ff", "/api/workflow/workitem/%00", "/api/workflow/workitem/%ff", "/api/model/%00/bpmn",
		"/api/model?pageSize=-1", "/api/workflow/workitem/events/%ff",
	)
	get(http.StatusNotFound, "NOT_FOUND",
		"/api/eventlog/entry/../../etc/passwd", "/api/eventlog/%2e%2e/%2e%2e/etc/passwd", "/api/eventlog/..", "/../../etc/passwd",
		"/api/model/..%2f..%2fetc%2fpasswd/bpmn", "/API/eventlog",
		"/api/eventlog/t/r/x", "/api/eventlog/entry/42", "/api/eventlog/entry/"+unknown, "/api/workflow/workitem/"+unknown+"/file/..%2fpasswd",
		"/api/workflow/tasklist/x/y", "/api", "/", "/.git/config", "/api/eventlog/entry/'", "/metrics",
	)
	do(http.MethodPut, bad, "INVALID_REQUEST",
		"/api/eventlog/a~b/r", "/api/eventlog/t.lock/r", "/api/eventlog/%00/r", "/api/eventlog/t/%00", "/api/eventlog/t/%ff",
		"/api/eventlog/t/r?delay=-1s", "/api/eventlog/t/r?delay=soon", "/api/eventlog/t/r?delay=1000000000h", "/api/eventlog/t/r?delay=P1000Y",
		"/api/eventlog/t/r?due=tomorrow", "/api/eventlog/t/r?due=2030-13-01T00:00:00Z", "/api/eventlog/t/r?delay=1s&delay=2s",
	)
	do(http.MethodPut, bad, "INVALID_ENTRY", "/api/eventlog/"+long+"/r", "/api/eventlog/t/"+long)
	do(http.MethodPost, bad, "INVALID_REQUEST",
		"/api/eventlog/lock", "/api/eventlog/lock?topic=", "/api/eventlog/lock?topic=a~b", "/api/eventlog/lock?topic=t&maxCount=0",
		"/api/eventlog/lock?topic=t&maxCount=101", "/api/eventlog/lock?topic=t&maxCount=-1", "/api/eventlog/lock?topic=t&lease=0", "/api/eventlog/lock?topic=t&lease=25h",
		"/api/eventlog/lock?topic=t&lease=-1s", "/api/eventlog/lock?topic=t&owner="+long, "/api/eventlog/lock?topic=t&owner=%00",
		"/api/eventlog/release/-1/t", "/api/eventlog/release/x/t", "/api/eventlog/release/99999999999999999999/t", "/api/eventlog/release/0/~",
	)
	do(http.MethodPost, http.StatusNotFound, "NOT_FOUND", "/api/eventlog/lock/42", "/api/eventlog/lock/"+unknown, "/api/eventlog/fire/'", "/api/eventlog/lock/../t")
	do(http.MethodDelete, http.StatusNotFound, "NOT_FOUND", "/api/eventlog/42", "/api/eventlog/"+unknown, "/api/model/none-1.0")
	do("FROB", http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "/api/eventlog", "/api/workflow/workitem")
	do(http.MethodDelete, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "/api/eventlog", "/api/workflow/worklist")
	do(http.MethodPatch, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "/api/workflow/workitem/"+unknown)
	for _, a := range attacks {
		v.repels(t, v.native(), a)
	}
}

// A path that is not as it should be is none, and is not sent elsewhere with a page
// of HTML.
func TestUntidyPathsAreNotFound(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	for _, path := range []string{
		"//api/eventlog", "/api//eventlog", "/api/eventlog//t", "/api/eventlog/./t", "/api/../api/eventlog", "/api/model/../model", "/../../api/eventlog",
	} {
		v.repels(t, v.native(), attack{what: path, method: http.MethodGet, path: path, status: http.StatusNotFound, code: "NOT_FOUND"})
		require.Empty(t, v.native().get(path).header.Get("Location"))
	}
}

func TestBadHeadersAreRefused(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	native := v.native()
	for _, a := range []attack{
		{what: "key without UTF-8", header: []string{"Idempotency-Key", "a\xffb"}, status: http.StatusBadRequest, code: "INVALID_REQUEST"},
		{what: "long key", header: []string{"Idempotency-Key", strings.Repeat("k", 300)}, status: http.StatusBadRequest, code: "INVALID_REQUEST"},
		{what: "bad trace", header: []string{"traceparent", "00-zz"}, status: http.StatusBadRequest, code: "INVALID_ENTRY"},
		{what: "trace with SQL", header: []string{"traceparent", "' OR '1'='1"}, status: http.StatusBadRequest, code: "INVALID_ENTRY"},
		{what: "no form", method: http.MethodGet, header: []string{"Accept", "text/html"}, status: http.StatusNotAcceptable, code: "NOT_ACCEPTABLE"},
		{what: "no media", method: http.MethodGet, header: []string{"Accept", ";;,/,q=x,*"}, status: http.StatusNotAcceptable, code: "NOT_ACCEPTABLE"},
		{what: "nothing", method: http.MethodGet, header: []string{"Accept", "*/*;q=0"}, status: http.StatusNotAcceptable, code: "NOT_ACCEPTABLE"},
		{what: "many", method: http.MethodGet, header: []string{"Accept", strings.Repeat("a/b,", 10000)}, status: http.StatusNotAcceptable, code: "NOT_ACCEPTABLE"},
		{what: "foreign host", header: []string{"Sec-Fetch-Site", "cross-site"}, status: http.StatusForbidden, code: "CROSS_ORIGIN"},
		{what: "foreign page", header: []string{"Origin", "https://evil.example"}, status: http.StatusForbidden, code: "CROSS_ORIGIN"},
		{what: "packed", contentType: formJSON, body: "{}", header: []string{"Content-Encoding", "gzip"}, status: http.StatusUnsupportedMediaType, code: "UNSUPPORTED_MEDIA_TYPE"},
	} {
		if a.method == "" {
			a.method = http.MethodPut
		}
		a.path = map[string]string{http.MethodGet: "/api/eventlog/t", http.MethodPut: "/api/eventlog/t/r"}[a.method]
		v.repels(t, native, a)
	}
	for name, value := range map[string]string{"X-Large": strings.Repeat("x", 1<<17), "Cookie": strings.Repeat("a=b; ", 20000)} {
		got := native.ask(http.MethodGet, "/api/eventlog", "", name, value)
		got.is(http.StatusRequestHeaderFieldsTooLarge).leaksNothing()
	}
	// What is not known is not looked at, however much there is of it.
	native.ask(http.MethodGet, "/api/eventlog/none?"+strings.Repeat("&", 1000)+manyParameters(3000), "").is(http.StatusOK).leaksNothing()
	native.ask(http.MethodGet, "/api/eventlog/none", "", "X-HTTP-Method-Override", "DELETE", "X-Forwarded-Host", "evil.example").is(http.StatusOK)
	v.isUnharmed(t, native, "headers")
}

func manyParameters(n int) string {
	parameters := make([]string, n)
	for i := range parameters {
		parameters[i] = fmt.Sprintf("p%d=%d", i, i)
	}
	return strings.Join(parameters, "&")
}

// What is no request of HTTP, or ends before its end, is refused by whoever reads
// it first.
func TestBrokenRequestsAreRefused(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	native := v.native()
	post := func(contentType, length, body string) string {
		return "POST /api/workflow/workitem HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + contentType + "\r\n" + length + "\r\n\r\n" + body
	}
	create := func(contentType, length, body string) string {
		return strings.Replace(post(contentType, length, body), "POST /api/workflow/workitem", "PUT /api/eventlog/t/r", 1)
	}
	for what, c := range map[string]struct {
		text   string
		status int
	}{
		"truncated JSON":           {post(formJSON, "Content-Length: 100", `{"a":1}`), http.StatusBadRequest},
		"truncated XML":            {post(formXML, "Content-Length: 100", `<document/>`), http.StatusBadRequest},
		"truncated fields":         {post(formFields, "Content-Length: 100", `a=b`), http.StatusBadRequest},
		"truncated native":         {post(formNative, "Content-Length: 100", `{}`), http.StatusBadRequest},
		"truncated entry":          {create(formJSON, "Content-Length: 100", `{"a":1}`), http.StatusBadRequest},
		"truncated XML of entry":   {create(formXML, "Content-Length: 100", `<document/>`), http.StatusBadRequest},
		"truncated chunks":         {post(formJSON, "Transfer-Encoding: chunked", "7\r\n{\"a\":1}\r\n"), http.StatusBadRequest},
		"truncated chunk of entry": {create(formJSON, "Transfer-Encoding: chunked", "ff\r\n{\"a\":1}\r\n"), http.StatusBadRequest},
		"no chunks":                {create(formJSON, "Transfer-Encoding: chunked", "zz\r\n"), http.StatusBadRequest},
		"unknown encoding":         {post(formJSON, "Transfer-Encoding: rot13", "{}"), http.StatusNotImplemented},
		"two lengths":              {post(formJSON, "Content-Length: 2\r\nContent-Length: 3", "{}"), http.StatusBadRequest},
		"negative length":          {post(formJSON, "Content-Length: -1", "{}"), http.StatusBadRequest},
		"large length":             {post(formJSON, "Content-Length: 9000000000", "{}"), http.StatusBadRequest},
		"no escape in the path":    {"GET /api/eventlog/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", http.StatusBadRequest},
		"no host":                  {"GET /api/eventlog HTTP/1.1\r\n\r\n", http.StatusBadRequest},
		"two hosts":                {"GET /api/eventlog HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", http.StatusBadRequest},
		"foreign host":             {"GET /api/eventlog HTTP/1.1\r\nHost: evil.example\r\n\r\n", http.StatusMisdirectedRequest},
		"U+0000 in a header":       {"GET /api/eventlog HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n", http.StatusBadRequest},
		"no HTTP":                  {"\x16\x03\x01\x02\x00\x01\r\n\r\n", http.StatusBadRequest},
		"a proxy's request":        {"GET http://evil.example/api/eventlog HTTP/1.1\r\nHost: evil.example\r\n\r\n", http.StatusMisdirectedRequest},
	} {
		got := native.raw(t, c.text)
		got.what = what
		got.is(c.status).leaksNothing()
		v.isUnharmed(t, native, what)
	}
}

// raw sends bytes, and nothing after them.
func (c *client) raw(t *testing.T, text string) reply {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(c.api, "http://"))
	require.NoError(t, err)
	defer connection.Close()
	_, err = io.WriteString(connection, text)
	require.NoError(t, err)
	tcp, ok := connection.(*net.TCPConn)
	require.True(t, ok)
	require.NoError(t, tcp.CloseWrite())
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err, text)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return reply{t, text, response.StatusCode, response.Header, string(body)}
}
