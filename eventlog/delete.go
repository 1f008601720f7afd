package eventlog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Delete removes an entry that nobody holds, not even this client. The error is
// [ErrNotYours], [ErrNotFound] or [ErrAsync]; after an answer that was lost, an
// entry that is not there is no error, whoever removed it.
func (c *Client) Delete(ctx context.Context, id string) error {
	a, err := c.remove(ctx, id, nil)
	return wrap("delete entry", a.unless(err, ErrNotFound))
}

// DeleteLocked removes an entry whose work is done: only while this client holds
// it, or has held it and nobody has taken it since. So without an error nobody
// else has done the same work under a later lock. The error is [ErrNotYours],
// [ErrNotLocked], [ErrNotFound] or [ErrAsync].
//
// If the entry is not there after an answer that was lost, the error is an
// [ErrUnknown]: the call has removed it, or its lock had expired and another has
// done the work, too. A caller whose lease is not over knows that it was the call.
func (c *Client) DeleteLocked(ctx context.Context, id string) error {
	return c.deleteLocked(ctx, id, time.Time{})
}

// deleteLocked is the same for who knows until when nobody else can have taken the
// entry, by the monotonic clock.
func (c *Client) deleteLocked(ctx context.Context, id string, ours time.Time) error {
	a, err := c.remove(ctx, id, c.ofLock(0))
	if a.lost && errors.Is(err, ErrNotFound) {
		if time.Now().Before(ours) {
			return nil
		}
		err = fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return wrap("delete entry", err)
}

func (c *Client) remove(ctx context.Context, id string, query url.Values) (answer, error) {
	if id == "" {
		return answer{}, ErrNotFound
	}
	return c.call(ctx, &request{method: http.MethodDelete, path: "/" + segment(id), query: query})
}

// Cancel makes that an entry never happens, an async event too; it is on record as
// discarded. The error is [ErrPublished], [ErrLocked] or [ErrNotFound]. After an
// answer that was lost, the last may mean that this call has cancelled it; but it
// may have happened meanwhile as well.
func (c *Client) Cancel(ctx context.Context, id string) error {
	_, err := c.post(ctx, "/cancel/", id, nil)
	return wrap("cancel entry", err)
}

// Fire makes an entry due now, an async event too. The error is [ErrPublished] or
// [ErrNotFound]; after an answer that was lost, neither is one.
func (c *Client) Fire(ctx context.Context, id string) error {
	a, err := c.post(ctx, "/fire/", id, nil)
	return wrap("fire entry", a.unless(err, ErrPublished, ErrNotFound))
}

// post asks for a change of an entry.
func (c *Client) post(ctx context.Context, path, id string, query url.Values) (answer, error) {
	if id == "" {
		return answer{}, ErrNotFound
	}
	return c.call(ctx, &request{method: http.MethodPost, path: path + segment(id), query: query})
}

// unless is the error, unless it is one of those that say, after an answer that
// was lost, that what was asked for was done.
func (a *answer) unless(err error, done ...error) error {
	for _, d := range done {
		if a.lost && errors.Is(err, d) {
			return nil
		}
	}
	return err
}

// wrap says what failed, if something did.
func wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}
