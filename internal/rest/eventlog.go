package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/outbox"
)

// Limits of a page.
const (
	defaultPageSize = 100
	maxPageSize     = 1000
	maxPageIndex    = 1_000_000
)

// entry is an event log entry as clients see it.
type entry struct {
	ID      string    `json:"id"`
	Topic   string    `json:"topic"`
	Ref     string    `json:"ref"`
	Created time.Time `json:"created"`
	Due     time.Time `json:"due"`
	// Data is null if there is none.
	Data        json.RawMessage `json:"data"`
	DataLeftOut bool            `json:"dataLeftOut,omitempty"`
	State       outbox.State    `json:"state"`
	Attempts    int             `json:"attempts"`
	LastError   string          `json:"lastError,omitempty"`
	ArmedBy     string          `json:"armedBy,omitempty"`
}

// listEntries answers with a page of the event log.
func (a *api) listEntries(w http.ResponseWriter, r *http.Request) error {
	if err := acceptsJSON(r); err != nil {
		return err
	}
	selection, err := selectionOf(r.PathValue("topics"), r.URL)
	if err != nil {
		return err
	}
	if err := a.mayTopics(r.Context(), auth.Read, selection.Topics); err != nil {
		return err
	}
	listed, err := a.outbox.List(r.Context(), selection)
	if err != nil {
		return err
	}
	entries := make([]entry, len(listed))
	for i := range listed {
		a.hideFrom(auth.CallerOf(r.Context()), &listed[i])
		entries[i] = shownEntry(&listed[i])
	}
	return writeJSON(w, struct {
		Entries []entry `json:"entries"`
	}{entries})
}

func shownEntry(l *outbox.Listed) entry {
	return entry{
		ID: l.ID.String(), Topic: l.Topic, Ref: l.Ref, Created: l.Created.UTC(), Due: l.Due.UTC(),
		Data: l.Data, DataLeftOut: l.DataLeftOut, State: l.State,
		Attempts: l.Attempts, LastError: l.LastError, ArmedBy: l.ArmedBy,
	}
}

// selectionOf reads which entries are asked for.
func selectionOf(topics string, address *url.URL) (outbox.Selection, error) {
	var s outbox.Selection
	query, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return s, badRequest("the query of the address cannot be read")
	}
	s.Ref = query.Get("ref")
	for name, text := range map[string]string{"the topic": topics, "ref": s.Ref} {
		if err := checkText(name, text); err != nil {
			return s, err
		}
	}
	for topic := range strings.SplitSeq(topics, "~") {
		if topic != "" {
			s.Topics = append(s.Topics, topic)
		}
	}
	s.Limit, s.Offset, err = pageOf(query)
	return s, err
}

// pageOf reads pageSize, pageIndex and maxCount, which is Imixs' name for the
// size where topics are given. maxCount says at most, so more than a page is a
// page; −1 is what Imixs' client sends for no limit.
func pageOf(query url.Values) (limit, offset int, err error) {
	maxCount, err := number(query, "maxCount", defaultPageSize, -1, 1<<31-1)
	if err != nil {
		return 0, 0, err
	}
	if maxCount == -1 {
		maxCount = maxPageSize
	}
	if maxCount == 0 {
		return 0, 0, badRequest("maxCount must be positive, or -1")
	}
	size := min(maxCount, maxPageSize)
	if query.Has("pageSize") || !query.Has("maxCount") {
		if size, err = number(query, "pageSize", defaultPageSize, 1, maxPageSize); err != nil {
			return 0, 0, err
		}
	}
	index, err := number(query, "pageIndex", 0, 0, maxPageIndex)
	if err != nil {
		return 0, 0, err
	}
	limit = size
	if query.Has("maxCount") {
		limit = min(size, maxCount)
	}
	return limit, index * size, nil
}

func number(query url.Values, name string, otherwise, least, most int) (int, error) {
	if !query.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < least || n > most {
		return 0, badRequest(fmt.Sprintf("%s must be a whole number from %d to %d", name, least, most))
	}
	return n, nil
}
