package eventlog

import (
	"context"
	"time"
)

// lostTake is a request that has locked entries, perhaps, that no answer has told
// us of. Nobody else has the owner of its client.
type lostTake struct {
	*Client
	// until is a time when these locks are over.
	until time.Time
}

// reclaimTime bounds one search for what was locked.
const reclaimTime = time.Minute

// reclaim unlocks what requests have locked whose answers were lost, or could not
// be read. What it does not find comes back after its lease: so an entry that
// nobody can read rests, and those that were locked with it do not.
func (r *consumption) reclaim(ctx context.Context) {
	if len(r.lost) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, reclaimTime)
	defer cancel()
	locked := make([][]Entry, len(r.lost)) // all of them first: what is unlocked moves the pages
	err := r.walkLocked(ctx, func(entry *Entry) {
		for i, take := range r.lost {
			if entry.heldBy(take.owner) {
				locked[i] = append(locked[i], *entry)
			}
		}
	})
	if ctx.Err() == nil {
		r.report(Entry{}, wrap("look for locks whose answer was lost", err))
	}
	for i, take := range r.lost {
		r.giveBack(ctx, take.Client, locked[i])
	}
	r.lost = stillLost(r.lost, err, time.Now())
}

// stillLost are those that it is worth to look for again, after a search.
func stillLost(lost []lostTake, err error, now time.Time) (still []lostTake) {
	if err == nil || judge(err) == final {
		return nil
	}
	for _, take := range lost {
		if now.Before(take.until) {
			still = append(still, take)
		}
	}
	return still
}

// Most entries of a page, and most of them that nobody can read before we give up.
const (
	walkPage    = 1000
	maxUnusable = 20
)

// walkLocked shows the locked entries of the topic, except those that nobody can
// read.
func (r *consumption) walkLocked(ctx context.Context, show func(*Entry)) error {
	for page := 0; ; page++ {
		found, err := r.client.Search(ctx, Query{Locked: []string{r.Topic}, PageSize: walkPage, Page: page})
		more := len(found) == walkPage
		for i := range found {
			show(&found[i])
		}
		if isUnusable(err) {
			more, err = r.walkOneByOne(ctx, page*walkPage, show)
		}
		if err != nil || !more {
			return err
		}
	}
}

// walkOneByOne does the same for a page with an entry that nobody can read, and
// says whether there is more behind it.
func (r *consumption) walkOneByOne(ctx context.Context, first int, show func(*Entry)) (more bool, err error) {
	unusable := 0
	for i := range walkPage {
		found, err := r.client.Search(ctx, Query{Locked: []string{r.Topic}, PageSize: 1, Page: first + i})
		switch {
		case isUnusable(err) && unusable < maxUnusable:
			unusable++
		case err != nil || len(found) == 0:
			return false, err
		default:
			show(&found[0])
		}
	}
	return true, nil
}
