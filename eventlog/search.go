package eventlog

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Query says which entries to look for. The zero value is for all.
type Query struct {
	// Topics are those whose free entries are wanted, Locked those whose locked
	// ones are. None of both for all entries. The API cannot be asked for a topic
	// with a "~" in it.
	Topics, Locked []string
	// Ref is the ref wanted, "" for all.
	Ref string
	// Due says that only entries that are due are wanted. It needs a topic.
	Due bool
	// PageSize is how many entries to return, up to 1000, 100 if it is 0. Page is
	// how many pages to pass over.
	PageSize, Page int
	// Wait is how long to wait for an entry where there is none, up to 25s. It
	// goes with Topics, Due and PageSize, and with nothing else.
	Wait time.Duration
}

// defaultPageSize is that of a query without one.
const defaultPageSize = 100

// Get returns an entry, or [ErrNotFound].
func (c *Client) Get(ctx context.Context, id string) (Entry, error) {
	var entry Entry
	if id == "" { // the path would be another's
		return entry, wrap("get entry", ErrNotFound)
	}
	a, err := c.call(ctx, &request{method: http.MethodGet, path: "/entry/" + segment(id)})
	if err == nil {
		err = a.decode(&entry)
	}
	return entry, wrap("get entry", err)
}

// Search returns a page of entries, the oldest first, and locks none: it is for
// looking. Who works on entries takes them by [Client.LockDue] or
// [Client.Consume]. The error is an [ErrInvalid], or that the caller may not.
func (c *Client) Search(ctx context.Context, q Query) ([]Entry, error) {
	r, err := q.request()
	if err != nil {
		return nil, wrap("search entries", err)
	}
	var page entries
	a, err := c.call(ctx, r)
	if err == nil {
		err = a.decode(&page)
	}
	return page.Entries, wrap("search entries", err)
}

func (q *Query) request() (*request, error) {
	r := &request{method: http.MethodGet, wait: q.Wait, query: url.Values{
		"pageSize": {strconv.Itoa(cmp.Or(q.PageSize, defaultPageSize))}, "pageIndex": {strconv.Itoa(q.Page)},
	}}
	if q.Ref != "" {
		r.query.Set("ref", q.Ref)
	}
	if len(q.Topics)+len(q.Locked) == 0 {
		if q.Due || q.Wait != 0 {
			return nil, fmt.Errorf("%w: Due and Wait need a topic", ErrInvalid)
		}
		return r, nil
	}
	topics, err := topicList(q.Topics, q.Locked)
	if err != nil {
		return nil, err
	}
	r.path = "/" + topics
	if q.Due {
		r.query.Set("due", "true")
	}
	if q.Wait != 0 {
		r.query.Set("wait", millis(q.Wait))
		r.query.Del("pageIndex") // one waits for the first page
	}
	return r, nil
}

// Entries walks over all entries of a query, page by page from q.Page on, the
// oldest first. Its last element may be an error, that of [Client.Search].
//
// The pages are read one after the other. Entries that come, go, or are locked
// between two of them move the others, so that some may be missed and some come
// twice. An entry that is of the query all the time while no other leaves it is
// seen once.
func (c *Client) Entries(ctx context.Context, q Query) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		q := q // a second walk begins where the first did
		size := cmp.Or(q.PageSize, defaultPageSize)
		for ; ; q.Page++ {
			page, err := c.Search(ctx, q)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for i := range page {
				if !yield(page[i], nil) {
					return
				}
			}
			if len(page) < size || q.Wait != 0 {
				return
			}
		}
	}
}
