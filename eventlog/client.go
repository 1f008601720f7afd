package eventlog

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Client speaks to the event log of one installation over its REST API.
//
// # Repetition
//
// What fails because the server, or the way to it, is not well is tried again
// after a growing pause: no connection, no answer, the statuses 408, 429 and 5xx,
// and a 409 that says that somebody else was faster. A header Retry-After makes
// the pause longer. Nothing but the context ends that, so give it a deadline where
// somebody waits.
//
// Only what can be repeated is: each method says what becomes of a request whose
// answer was lost. No method does its work twice because of it.
//
// # Concurrency
//
// A client is safe for concurrent use. No goroutine outlives a call, but the idle
// connections of its HTTP client do until [Client.Close]. The locks that it takes
// belong to its owner, so goroutines that race for the same entries take clients
// of their own, see [Client.WithOwner].
type Client struct {
	base    string
	http    *http.Client
	login   *credentials
	owner   string
	agent   string
	timeout time.Duration
	pauses  pauses
	onRetry func(err error, pause time.Duration)
	// patient says that answers of somebody else, a proxy for example, say nothing
	// about what was asked for.
	patient bool
}

// Options are what a [Client] may be told. The zero value is for an API that asks
// nobody who they are.
type Options struct {
	// Username and Password are for HTTP Basic, which knows no user with a colon.
	Username, Password string
	// Token returns a bearer token. It is called when the first is needed, and
	// again after each 401, never twice at the same time; it must not return the
	// old token then. Its error is treated as a server's that is not well.
	Token func(ctx context.Context) (string, error)
	// Owner is the second part of the name that holds the client's locks, behind
	// the caller's and a "/"; at most 200 bytes. The default is the name of this
	// host and something random: each process needs one of its own, and each
	// start of one.
	Owner string
	// HTTP sends the requests. The default has a pool of connections of its own.
	// Redirects are never followed, and a Timeout must leave room for waiting.
	HTTP *http.Client
	// UserAgent is "postlude-eventlog" by default.
	UserAgent string
	// Timeout is how long one attempt may take, besides the time that the server
	// was asked to wait; 40s by default, since the server gives up after 30s.
	Timeout time.Duration
	// Pause is the pause after the first failed attempt, 200ms by default. It
	// doubles with each, up to MaxPause, 10s by default; a random part of up to
	// half of it is left out.
	Pause, MaxPause time.Duration
	// OnRetry is called before each pause with the reason; nil for no calls.
	OnRetry func(err error, pause time.Duration)
}

// NewClient returns a client for the API at an address as "https://host:8080",
// without the "/api" that all its paths begin with. It connects to nobody. The
// error is an [ErrInvalid].
func NewClient(address string, o Options) (*Client, error) {
	parsed, err := url.Parse(address)
	switch {
	case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https":
		return nil, fmt.Errorf("event log client: %w: the address is not as https://host:port", ErrInvalid)
	case parsed.User != nil:
		return nil, fmt.Errorf("event log client: %w: the address has credentials, they are options", ErrInvalid)
	case parsed.RawQuery != "" || parsed.Fragment != "":
		return nil, fmt.Errorf("event log client: %w: the address has a query or a fragment", ErrInvalid)
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("event log client: %w", err)
	}
	return &Client{
		base:    strings.TrimRight(parsed.String(), "/") + "/api/eventlog",
		http:    withoutRedirects(o.HTTP),
		login:   newCredentials(o),
		owner:   cmp.Or(o.Owner, newOwner()),
		agent:   cmp.Or(o.UserAgent, "postlude-eventlog"),
		timeout: cmp.Or(o.Timeout, 40*time.Second),
		pauses:  pauses{first: cmp.Or(o.Pause, 200*time.Millisecond), most: cmp.Or(o.MaxPause, 10*time.Second)},
		onRetry: o.OnRetry,
	}, nil
}

func (o *Options) check() error {
	switch {
	case o.Username != "" && o.Token != nil:
		return fmt.Errorf("%w: there are a user name and tokens", ErrInvalid)
	case o.Username == "" && o.Password != "":
		return fmt.Errorf("%w: there is a password, and no user name", ErrInvalid)
	case strings.Contains(o.Username, ":"):
		return fmt.Errorf("%w: the user name has a colon", ErrInvalid)
	case o.Pause < 0 || o.MaxPause < 0 || o.Timeout < 0:
		return fmt.Errorf("%w: a pause or the timeout is negative", ErrInvalid)
	}
	return checkOwner(o.Owner)
}

// maxOwner bounds the owner, in bytes; the server refuses more.
const maxOwner = 200

func checkOwner(owner string) error {
	if len(owner) > maxOwner {
		return fmt.Errorf("%w: the owner may have %d bytes", ErrInvalid, maxOwner)
	}
	return nil
}

// maxHost is as much of the host's name as an owner needs.
const maxHost = 100

func newOwner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "host"
	}
	return beginning(host, maxHost) + "-" + random()
}

// beginning is as much of a text as so many bytes hold, without half a character.
func beginning(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// random is long enough for nobody to meet it by chance.
func random() string { return strings.ToLower(rand.Text()[:12]) }

// Owner is the name under which the client locks, behind the caller's.
func (c *Client) Owner() string { return c.owner }

// WithOwner returns a client that differs in nothing but the owner of its locks,
// for "" a new one as that of [Options]; both use the same connections and the same
// token. The error is an [ErrInvalid].
func (c *Client) WithOwner(owner string) (*Client, error) {
	if err := checkOwner(owner); err != nil {
		return nil, fmt.Errorf("event log client: %w", err)
	}
	return c.withOwner(cmp.Or(owner, newOwner())), nil
}

func (c *Client) withOwner(owner string) *Client {
	other := *c
	other.owner = owner
	return &other
}

// telling returns a client that calls a function before each pause, too.
func (c *Client) telling(tell func(err error)) *Client {
	other := *c
	other.onRetry = func(err error, pause time.Duration) {
		if c.onRetry != nil {
			c.onRetry(err, pause)
		}
		tell(err)
	}
	return &other
}

// Close closes the connections that are idle. The client can be used afterwards.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// idleConnections are kept to the one host that a client speaks to: as many as
// its goroutines may need at once.
const idleConnections = 64

// withoutRedirects returns a copy that hands redirects to us: followed, they would
// turn a POST into a GET and send credentials elsewhere.
func withoutRedirects(given *http.Client) *http.Client {
	if given == nil {
		given = &http.Client{Transport: newTransport()}
	}
	client := *given
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

func newTransport() *http.Transport {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	transport.MaxIdleConnsPerHost = idleConnections
	return transport
}
