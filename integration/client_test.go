package integration

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// client is somebody who calls the API, and what it sends with every request.
type client struct {
	t           testing.TB
	api         string
	accept      string // "" for no such header
	contentType string // of bodies
}

// native is a client that speaks our own JSON.
func (c *cluster) native() *client { return &client{t: c.t, api: c.api, contentType: formNative} }

const (
	formNative  = "application/vnd.postlude+json"
	formXML     = "application/xml"
	formJSON    = "application/json"
	formFields  = "application/x-www-form-urlencoded"
	formProblem = "application/problem+json"
)

// reply is what the API answered.
type reply struct {
	t      testing.TB
	what   string // was asked
	status int
	header http.Header
	body   string
}

// ask sends a request; headers are names and values in turn, and "" takes one of
// the client's away.
func (c *client) ask(method, path, body string, headers ...string) reply {
	c.t.Helper()
	got, err := c.try(method, path, body, headers...)
	require.NoError(c.t, err)
	return got
}

// try is ask for goroutines that may not end the test.
func (c *client) try(method, path, body string, headers ...string) (reply, error) {
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.api+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if c.accept != "" {
		request.Header.Set("Accept", c.accept)
	}
	if body != "" {
		request.Header.Set("Content-Type", c.contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Del(headers[i])
		if headers[i+1] != "" {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	response, err := http.DefaultTransport.RoundTrip(request) // a redirect is an answer like any other
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return reply{c.t, method + " " + path, response.StatusCode, response.Header, string(text)}, err
}

func (c *client) get(path string) reply  { c.t.Helper(); return c.ask(http.MethodGet, path, "") }
func (c *client) post(path string) reply { c.t.Helper(); return c.ask(http.MethodPost, path, "") }

// created creates an entry and returns its id.
func (c *client) created(path, body string, headers ...string) string {
	c.t.Helper()
	got := c.ask(http.MethodPut, "/api/eventlog/"+path, body, headers...).is(http.StatusNoContent)
	id, ok := strings.CutPrefix(got.header.Get("Location"), "/api/eventlog/entry/")
	require.True(c.t, ok, "Location %q", got.header.Get("Location"))
	require.Regexp(c.t, "^"+uuidPattern+"$", id)
	return id
}

// is says what the status is.
func (r reply) is(status int) reply {
	r.t.Helper()
	require.Equal(r.t, status, r.status, "%s: %s", r.what, r.body)
	return r
}

// empty says that there is no body.
func (r reply) empty() {
	r.t.Helper()
	require.Empty(r.t, r.body, r.what)
}

// says compares a body with a text, in which white space between lines is for
// the reader, and what differs each time is replaced, see steady.
func (r reply) says(want string) {
	r.t.Helper()
	require.Equal(r.t, oneLine(want), strings.TrimSpace(steady(r.body)), r.what)
}

const uuidPattern = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

var (
	volatileID   = regexp.MustCompile(uuidPattern)
	volatileTime = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z`)
	volatileTx   = regexp.MustCompile(`\b[0-9a-f]{12,16}\b`)
)

// steady replaces what differs each time: ids, times and $transactionids.
func steady(text string) string {
	text = volatileID.ReplaceAllString(text, "ID")
	text = volatileTime.ReplaceAllString(text, "TIME")
	return volatileTx.ReplaceAllString(text, "TX")
}

func oneLine(text string) string {
	var one strings.Builder
	for line := range strings.Lines(text) {
		one.WriteString(strings.TrimSpace(line))
	}
	return one.String()
}

// anotherAPI starts one more API, to be told to stop, or measured.
func (c *cluster) anotherAPI(env ...string) (*program, *client) {
	c.t.Helper()
	address := freeAddress(c.t)
	p := c.start("workflow-api", append(env, "POSTLUDE_API_ADDRESS="+address)...)
	native := c.native()
	native.api = "http://" + address
	require.Eventually(c.t, func() bool {
		ready, err := native.try(http.MethodGet, "/readyz", "")
		return err == nil && ready.status == http.StatusOK
	}, 20*time.Second, 20*time.Millisecond, "the api is not ready")
	return p, native
}
