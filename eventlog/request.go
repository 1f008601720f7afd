package eventlog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"time"
)

// mediaType is our own form of documents.
const mediaType = "application/vnd.postlude+json"

// request is what a method asks for.
type request struct {
	method string
	path   string // below that of the event log, escaped
	query  url.Values
	body   []byte // nil for none
	// key and traceparent are headers, "" for none.
	key, traceparent string
	// wait is how long the server may take its time.
	wait time.Duration
	// once says that only what was certainly not done is asked for again.
	once bool
}

// answer is what came back.
type answer struct {
	location string // header Location
	body     []byte
	// began is when the attempt that was answered began, and lost says that an
	// earlier one may have done what was asked for.
	began time.Time
	lost  bool
}

// call asks until there is an answer that is final, or the context ends. The
// answer has its field lost with an error, too.
func (c *Client) call(ctx context.Context, r *request) (answer, error) {
	lost := false
	for failures := 1; ; failures++ {
		a, err := c.attempt(ctx, r)
		a.lost = lost
		if err == nil || ctx.Err() != nil {
			return a, err
		}
		v := c.judge(err)
		if v == final || v == unknown && r.once {
			return a, err
		}
		lost = lost || v == unknown
		pause := c.pauses.afterError(failures, err)
		if c.onRetry != nil {
			c.onRetry(err, pause)
		}
		if !sleep(ctx, pause) {
			a.lost = lost
			return a, fmt.Errorf("%w; the last attempt: %w", ctx.Err(), err)
		}
	}
}

// attempt asks once, or twice if the token is too old.
func (c *Client) attempt(ctx context.Context, r *request) (answer, error) {
	a, token, err := c.send(ctx, r, "")
	var refused *Error
	if token != "" && errors.As(err, &refused) && refused.Status == http.StatusUnauthorized {
		a, _, err = c.send(ctx, r, token)
	}
	return a, err
}

// send asks with another token than the one that was refused, and returns which
// it was.
func (c *Client) send(ctx context.Context, r *request, refused string) (a answer, token string, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout+r.wait)
	defer cancel()
	a.began = time.Now()
	message, err := c.message(ctx, r)
	if err != nil {
		return a, "", &requestError{err}
	}
	if token, err = c.login.authorize(message, refused); err != nil {
		return a, "", err
	}
	response, err := c.http.Do(message)
	if err != nil {
		return a, token, err
	}
	defer response.Body.Close()
	a.location = response.Header.Get("Location")
	a.body, err = readAnswer(response)
	return a, token, err
}

func (c *Client) message(ctx context.Context, r *request) (*http.Request, error) {
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var body io.Reader = http.NoBody
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	message, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Accept": mediaType, "User-Agent": c.agent, "Idempotency-Key": r.key, "Traceparent": r.traceparent,
	} {
		if value != "" {
			message.Header.Set(name, value)
		}
	}
	if r.body != nil {
		message.Header.Set("Content-Type", mediaType)
	}
	return message, nil
}

// Most bytes of an answer, and of one that is an error. A page has up to 16 MiB
// of data, or one entry with any.
const (
	maxAnswer  = 64 << 20
	maxProblem = 64 << 10
)

// readAnswer reads what is there. The error is an [*Error] if the status is one.
func readAnswer(response *http.Response) ([]byte, error) {
	if response.StatusCode/100 != 2 {
		body, err := io.ReadAll(io.LimitReader(response.Body, maxProblem))
		problem := problemOf(response, body)
		problem.cut = err != nil
		return nil, problem
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer: %w", err)
	case len(body) > maxAnswer:
		return nil, &unusableError{fmt.Errorf("the answer has more than %d bytes", maxAnswer)}
	}
	return body, nil
}

// decode reads the document of an answer.
func (a *answer) decode(into any) error {
	if err := json.Unmarshal(a.body, into); err != nil {
		return &unusableError{fmt.Errorf("read the answer: %w", err)}
	}
	return nil
}

// created is the id in the header Location.
func (a *answer) created() (string, error) {
	address, err := url.Parse(a.location)
	if err != nil || path.Base(address.Path) == "." || path.Base(address.Path) == "/" {
		return "", &unusableError{fmt.Errorf("the answer does not say which entry was created, but %q", a.location)}
	}
	return path.Base(address.Path), nil
}

// requestError is the error of a request that cannot be made.
type requestError struct{ err error }

// Error implements error.
func (e *requestError) Error() string { return e.err.Error() }

func (e *requestError) Unwrap() error { return e.err }

// unusableError is the error of an answer that says that something was done, and
// not what: it is not the API's, or has more than we read.
type unusableError struct{ err error }

// Error implements error.
func (e *unusableError) Error() string { return e.err.Error() }

func (e *unusableError) Unwrap() error { return e.err }

func isUnusable(err error) bool {
	var unusable *unusableError
	return errors.As(err, &unusable)
}
