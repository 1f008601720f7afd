package rest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/outbox"
)

// maxOwner bounds what a client says about the owner of its locks, in bytes.
const maxOwner = 200

// owner is who holds the locks of a call: the caller, and which of its processes.
// So nobody can take the name of another's locks.
func (c *call) owner() (string, error) {
	process := c.query.Get("owner")
	switch {
	case len(process) > maxOwner:
		return "", badRequest(fmt.Sprintf("owner may have %d bytes", maxOwner))
	case process == "":
		return ownerNames().Replace(c.caller.Name), nil
	}
	return ownerNames().Replace(c.caller.Name) + "/" + process, nil
}

// ownerNames writes names of callers so that none is the beginning of another's
// owner.
func ownerNames() *strings.Replacer { return strings.NewReplacer("%", "%25", "/", "%2F") }

// locked is a lock in our own form.
type locked struct {
	ID          string    `json:"id"`
	LockOwner   string    `json:"lockOwner"`
	LockExpires time.Time `json:"lockExpires"`
}

// lockEntry locks an entry.
func (a *api) lockEntry(c *call) (answer, error) { return a.lockBy(c, outbox.Lock) }

// extendEntry has a lock of the caller last longer.
func (a *api) extendEntry(c *call) (answer, error) { return a.lockBy(c, outbox.Extend) }

func (a *api) lockBy(
	c *call, lock func(ctx context.Context, db outbox.DB, id uuid.UUID, owner string, lease time.Duration) (time.Time, error),
) (answer, error) {
	id, owner, err := a.toConsume(c)
	if err != nil {
		return nil, err
	}
	lease, err := c.lease()
	if err != nil {
		return nil, err
	}
	expires, err := lock(c.Context(), a.pool, id, owner, lease)
	if err != nil {
		return nil, err
	}
	return confirmed{native: locked{id.String(), owner, expires.UTC()}}, nil
}

// toConsume reads which entry the caller wants to lock or to settle, and as whom,
// if it may.
func (a *api) toConsume(c *call) (id uuid.UUID, owner string, err error) {
	if id, err = entryID(c); err != nil {
		return id, "", err
	}
	if owner, err = c.owner(); err != nil {
		return id, "", err
	}
	return id, owner, a.mayEntry(c, auth.Consume, id)
}

// unlockEntry gives an entry of the caller back.
func (a *api) unlockEntry(c *call) (answer, error) {
	id, owner, err := a.toConsume(c)
	if err != nil {
		return nil, err
	}
	if err := outbox.Unlock(c.Context(), a.pool, id, owner); err != nil {
		return nil, err
	}
	return confirmed{native: struct {
		ID string `json:"id"`
	}{id.String()}}, nil
}

// deleteEntry removes an entry. A caller that says who it is removes only what it
// has locked: so the removal proves that nobody else has done the same work.
func (a *api) deleteEntry(c *call) (answer, error) {
	id, owner, err := a.toConsume(c)
	if err != nil {
		return nil, err
	}
	remove := outbox.DeleteFree
	if c.query.Has("owner") {
		remove = outbox.Delete
	}
	return noContent{}, remove(c.Context(), a.pool, id, owner)
}

// releaseLocks unlocks what nobody seems to work on any more.
func (a *api) releaseLocks(c *call) (answer, error) {
	topics, err := topicsOf(c)
	if err != nil {
		return nil, err
	}
	unused, err := duration("the interval", c.PathValue("interval"), maxDelay)
	if err != nil {
		return nil, err
	}
	for i := range topics {
		topics[i] = strings.TrimSuffix(topics[i], lockSuffix)
	}
	if err := a.mayTopics(c.caller, auth.Consume, topics); err != nil {
		return nil, err
	}
	_, err = outbox.ReleaseLocks(c.Context(), a.pool, topics, unused)
	return noContent{}, err
}

// Entries that are locked at a time.
const (
	defaultLocked = 10
	maxLocked     = 100
)

// lockDue locks entries of a topic that are due, and answers with them.
func (a *api) lockDue(c *call) (answer, error) {
	topic := c.query.Get("topic")
	if topic == "" || strings.Contains(topic, "~") {
		return nil, badRequest("topic is one topic")
	}
	owner, err := c.owner()
	if err != nil {
		return nil, err
	}
	lease, err := c.lease()
	if err != nil {
		return nil, err
	}
	most, err := number(c.query, "maxCount", defaultLocked, 1, maxLocked)
	if err != nil {
		return nil, err
	}
	wait, err := c.duration("wait", 0, maxLease)
	if err != nil {
		return nil, err
	}
	if err := a.mayTopics(c.caller, auth.Consume, []string{topic}); err != nil {
		return nil, err
	}
	taken, err := a.waitFor(c, wait, watched{topics: []string{topic}, onlyDue: true, exclusive: true}, func() ([]outbox.Listed, error) {
		return outbox.LockDue(c.Context(), a.pool, topic, owner, lease, most)
	})
	if err == nil {
		err = c.Context().Err()
	}
	if err != nil {
		a.giveBack(c, taken, owner)
		return nil, err
	}
	return a.entries(c, taken), nil
}

// giveBack unlocks what was locked for a client that has gone.
func (a *api) giveBack(c *call, taken []outbox.Listed, owner string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), giveBackTimeout)
	defer cancel()
	for i := range taken {
		if err := outbox.Unlock(ctx, a.pool, taken[i].ID, owner); err != nil {
			a.log.Warn().Err(err).Str("entry_id", taken[i].ID.String()).Msg("entry not given back")
		}
	}
}

// giveBackTimeout bounds the work for a client that has gone.
const giveBackTimeout = 3 * time.Second
