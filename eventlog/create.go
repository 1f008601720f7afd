package eventlog

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Create writes an entry and returns its id, a UUID version 7. It always sends an
// idempotency key, one of its own if the event has none, so a request whose answer
// was lost is repeated and creates nothing twice. To be safe from the death of the
// program too, give a key that it finds again.
//
// The error is an [ErrInvalid], an [ErrKeyReused], or that the caller may not. If
// it is the context's, the entry may be there.
func (c *Client) Create(ctx context.Context, e Event) (string, error) {
	id, err := c.create(ctx, e)
	if err != nil {
		return "", fmt.Errorf("create entry: %w", err)
	}
	return id, nil
}

func (c *Client) create(ctx context.Context, e Event) (string, error) {
	if err := e.check(); err != nil {
		return "", err
	}
	r := request{
		method: http.MethodPut, path: "/" + segment(e.Topic) + "/" + segment(e.Ref), query: url.Values{},
		body: e.Data, key: e.IdempotencyKey, traceparent: e.Traceparent,
	}
	if r.key == "" {
		r.key = rand.Text()
	}
	switch {
	case !e.Due.IsZero():
		r.query.Set("due", e.Due.UTC().Format(time.RFC3339Nano))
	case e.Delay != 0:
		r.query.Set("delay", millis(e.Delay))
	}
	a, err := c.call(ctx, &r)
	if err != nil {
		return "", err
	}
	return a.created()
}

// check refuses what would be another request, or none. The rest the server knows.
func (e *Event) check() error {
	switch {
	case e.Topic == "":
		return fmt.Errorf("%w: the topic is missing", ErrInvalid)
	case e.Ref == "":
		return fmt.Errorf("%w: the ref is missing", ErrInvalid)
	case e.Due.IsZero() && e.Delay < 0:
		return fmt.Errorf("%w: the delay %s is negative", ErrInvalid, e.Delay)
	case e.Data != nil && !json.Valid(e.Data):
		return fmt.Errorf("%w: the data are no JSON", ErrInvalid)
	case !headerText(e.IdempotencyKey):
		return fmt.Errorf("%w: the idempotency key has spaces around it, or control characters", ErrInvalid)
	case !headerText(e.Traceparent):
		return fmt.Errorf("%w: the traceparent %q is none", ErrInvalid, e.Traceparent)
	}
	return nil
}

// headerText says whether a header brings a text to the other side as it is.
func headerText(text string) bool {
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	return strings.TrimSpace(text) == text && !strings.ContainsFunc(text, control)
}
