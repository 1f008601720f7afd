package rest

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

// listEntries answers with a page of the event log.
func (a *api) listEntries(c *call) (answer, error) {
	selection, err := selectionOf(c)
	if err != nil {
		return nil, err
	}
	wait, err := waitOf(c, selection)
	if err != nil {
		return nil, err
	}
	named := append(append([]string{}, selection.Free...), selection.Locked...)
	if err := a.mayTopics(c.caller, auth.Read, named); err != nil {
		return nil, err
	}
	listed, err := a.waitFor(c, wait, watched{topics: selection.Free, onlyDue: selection.Due}, func() ([]outbox.Listed, error) {
		return outbox.List(c.Context(), a.pool, selection)
	})
	if err != nil {
		return nil, err
	}
	return a.entries(c, listed), nil
}

// readEntry answers with one entry.
func (a *api) readEntry(c *call) (answer, error) {
	id, err := entryID(c)
	if err != nil {
		return nil, err
	}
	listed, err := outbox.Get(c.Context(), a.pool, id)
	if err != nil {
		return nil, err
	}
	if err := a.mayTopics(c.caller, auth.Read, []string{listed.Topic}); err != nil {
		return nil, err
	}
	a.hideFrom(c.caller, &listed)
	if c.form() == formNative {
		return &documents{native: shownEntry(&listed)}, nil
	}
	return &documents{list: []workitem.Items{entryItems(&listed)}}, nil
}

// entryID reads the id of the path. There is no entry whose id is no UUID.
func entryID(c *call) (uuid.UUID, error) {
	id, err := uuid.Parse(cmp.Or(c.PathValue("id"), c.PathValue("entries")))
	if err != nil {
		return id, outbox.ErrNotFound
	}
	return id, nil
}

// selectionOf reads which entries are asked for. A topic stands for its entries
// that nobody holds, and with the suffix for those that somebody does, as in
// Imixs, where locking changes the topic.
func selectionOf(c *call) (s outbox.Selection, err error) {
	topics, err := topicsOf(c)
	if err != nil {
		return s, err
	}
	for _, topic := range topics {
		if name, locked := strings.CutSuffix(topic, lockSuffix); locked && name != "" {
			s.Locked = append(s.Locked, name)
		} else {
			s.Free = append(s.Free, topic)
		}
	}
	s.Ref = c.query.Get("ref")
	if s.Due, err = c.flag("due"); err != nil {
		return s, err
	}
	s.Limit, s.Offset, err = entryPage(c.query, len(topics) > 0)
	return s, err
}

// maxTopics bounds the topics of a request.
const maxTopics = 100

// topicsOf reads the topics of the path, with a ~ between them; none if the path
// has no such part. What has one address by topic and by id has one name for both.
func topicsOf(c *call) ([]string, error) {
	text := cmp.Or(c.PathValue("topics"), c.PathValue("entries"))
	if err := checkText("the topic", text); err != nil || text == "" {
		return nil, err
	}
	topics := strings.FieldsFunc(text, func(r rune) bool { return r == '~' })
	switch {
	case len(topics) == 0:
		return nil, badRequest("a topic is missing")
	case len(topics) > maxTopics:
		return nil, badRequest(fmt.Sprintf("there may be %d topics", maxTopics))
	}
	return topics, nil
}
