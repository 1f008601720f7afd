package eventlog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Lock takes an entry for the time of the lease, up to 24 hours, one hour if it is
// 0. While anybody holds the entry, this client included, the error is [ErrLocked];
// others are [ErrNotFound] and [ErrAsync].
//
// If the answer was lost and the entry is locked now, Lock asks, by extending it,
// whether the lock is this client's. So of two goroutines that lock the same entry
// by one client, both may be told that they have it.
func (c *Client) Lock(ctx context.Context, id string, lease time.Duration) (Lock, error) {
	for {
		a, lock, err := c.hold(ctx, "/lock/", id, lease)
		if err == nil || !a.lost || !errors.Is(err, ErrLocked) {
			return lock, wrap("lock entry", err)
		}
		_, lock, refused := c.hold(ctx, "/extend/", id, lease)
		switch {
		case refused == nil:
			return lock, nil
		case errors.Is(refused, ErrNotYours):
			return Lock{}, wrap("lock entry", err)
		case !errors.Is(refused, ErrNotLocked):
			return Lock{}, wrap("lock entry", refused)
		}
		// whoever held it has given it back meanwhile
	}
}

// Extend has the lock of this client last for the time of the lease from now on,
// one hour if it is 0. The error is [ErrNotLocked] if it has expired, even if
// nobody has taken the entry since, [ErrNotYours], [ErrNotFound] or [ErrAsync]. It
// can be repeated.
func (c *Client) Extend(ctx context.Context, id string, lease time.Duration) (Lock, error) {
	_, lock, err := c.hold(ctx, "/extend/", id, lease)
	return lock, wrap("extend lock", err)
}

// hold locks or extends.
func (c *Client) hold(ctx context.Context, path, id string, lease time.Duration) (answer, Lock, error) {
	var lock Lock
	a, err := c.post(ctx, path, id, c.ofLock(lease))
	if err == nil {
		err = a.decode(&lock)
	}
	return a, lock, err
}

// Unlock gives an entry back that this client holds, so that anybody may take it.
// The error is [ErrNotLocked], [ErrNotYours], [ErrNotFound] or [ErrAsync]; after
// an answer that was lost the first three say that this client does not hold it,
// and are no errors.
func (c *Client) Unlock(ctx context.Context, id string) error {
	a, err := c.post(ctx, "/unlock/", id, c.ofLock(0))
	return wrap("unlock entry", a.unless(err, ErrNotLocked, ErrNotYours, ErrNotFound))
}

// Release unlocks the entries of these topics that were locked or extended longer
// ago than unused, or whose lock has expired, whoever holds them. It deletes
// nothing, and can be repeated. Expired locks may be taken over without it.
func (c *Client) Release(ctx context.Context, unused time.Duration, topics ...string) error {
	list, err := topicList(topics, nil)
	if err == nil && list == "" {
		err = fmt.Errorf("%w: the topics are missing", ErrInvalid)
	}
	if err == nil {
		_, err = c.call(ctx, &request{method: http.MethodPost, path: "/release/" + millis(unused) + "/" + list})
	}
	return wrap("release locks", err)
}

// LockQuery says which entries to lock.
type LockQuery struct {
	// Topic is the one topic that they are of.
	Topic string
	// Max is how many to lock at most, up to 100, 10 if it is 0.
	Max int
	// Lease is how long the locks last, up to 24 hours, one hour if it is 0.
	Lease time.Duration
	// Wait is how long to wait for an entry where there is none, up to 25s.
	Wait time.Duration
}

// LockDue locks entries that are due and free, the oldest due first, and returns
// them; none if there are none.
//
// A request whose answer was lost is not repeated: what it has locked stays locked
// for the lease, and would rest if others were locked instead. The error is what
// the connection said then; [Client.Search] for locked entries of this client's
// owner shows them. [Client.Consume] does that by itself.
func (c *Client) LockDue(ctx context.Context, q LockQuery) ([]Entry, error) {
	locked, _, err := c.lockDue(ctx, q)
	return locked, wrap("lock entries", err)
}

// lockDue also returns a time before the locks began.
func (c *Client) lockDue(ctx context.Context, q LockQuery) ([]Entry, time.Time, error) {
	if q.Topic == "" {
		return nil, time.Time{}, fmt.Errorf("%w: the topic is missing", ErrInvalid)
	}
	query := c.ofLock(q.Lease)
	query.Set("topic", q.Topic)
	if q.Max != 0 {
		query.Set("maxCount", strconv.Itoa(q.Max))
	}
	if q.Wait != 0 {
		query.Set("wait", millis(q.Wait))
	}
	a, err := c.call(ctx, &request{method: http.MethodPost, path: "/lock", query: query, wait: q.Wait, once: true})
	var page entries
	if err == nil {
		err = a.decode(&page)
	}
	return page.Entries, a.began, err
}
