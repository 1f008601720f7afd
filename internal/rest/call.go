package rest

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/postlude/postlude/internal/auth"
)

// call is a request with what is known about it.
type call struct {
	*http.Request
	caller auth.Caller
	query  url.Values
	// wants is the form of the answer that the client asks for, formAny if it
	// takes any; sent is that of its body, formAny if that has none.
	wants, sent form
	// wanted are the items of workitems that the client wants, none for all.
	wanted []string

	timeout time.Duration
	ctx     context.Context //nolint:containedctx // it is that of the request, with its time
	cancel  context.CancelFunc
}

// begin gives the work on a call its time, from now on.
func (c *call) begin() {
	c.end()
	c.ctx, c.cancel = context.WithTimeout(c.Request.Context(), c.timeout)
}

func (c *call) end() {
	if c.cancel != nil {
		c.cancel()
	}
}

// Context ends with the request, or when the work has had its time.
func (c *call) Context() context.Context { return c.ctx }

// newCall reads what every handler needs. Errors are the client's.
func newCall(r *http.Request, timeout time.Duration) (*call, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the query of the address cannot be read")
	}
	for name, values := range query {
		if err := checkText("the query", name); err != nil {
			return nil, err
		}
		if len(values) > 1 {
			return nil, badRequest("a parameter of the address is there twice")
		}
		if err := checkText(name, values[0]); err != nil {
			return nil, err
		}
	}
	c := &call{Request: r, caller: auth.CallerOf(r.Context()), query: query, timeout: timeout}
	if err := c.readWanted(); err != nil {
		return nil, err
	}
	c.begin()
	return c, nil
}

// form is that of the answer: what the client wants, else what it can write, else
// our own.
func (c *call) form() form { return cmp.Or(c.wants, c.sent, formNative) }

// text returns a part of the path.
func (c *call) text(name string) (string, error) {
	text := c.PathValue(name)
	return text, checkText("the "+name, text)
}

// flag reads a parameter that is true or false.
func (c *call) flag(name string) (bool, error) {
	i := slices.Index([]string{"", "false", "true"}, c.query.Get(name))
	if i < 0 {
		return false, badRequest(name + " is true or false")
	}
	return i == 2, nil
}
