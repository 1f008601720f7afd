package rest

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

// entry is an event log entry in our own form.
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
	LockOwner   string          `json:"lockOwner,omitempty"`
	LockExpires *time.Time      `json:"lockExpires,omitempty"`
	Published   *time.Time      `json:"published,omitempty"`
	Traceparent string          `json:"traceparent,omitempty"`
	ArmedBy     string          `json:"armedBy,omitempty"`
}

// shownEntry is an entry in our own form.
func shownEntry(l *outbox.Listed) entry {
	leaveOut(l)
	return entry{
		ID: l.ID.String(), Topic: l.Topic, Ref: l.Ref, Created: shownTime(l.Created), Due: shownTime(l.Due),
		Data: l.Data, DataLeftOut: l.DataLeftOut, State: l.State,
		Attempts: l.Attempts, LastError: l.LastError,
		LockOwner: l.LockOwner, LockExpires: inUTC(l.LockExpires), Published: inUTC(l.Published),
		Traceparent: l.Traceparent, ArmedBy: l.ArmedBy,
	}
}

// Limits of data that clients can be expected to read: what encoding/json does is
// 10,000 levels, those of an answer among them. SQL producers may write more.
const (
	maxShown = 32 << 20 // bytes
	maxDepth = 1000
)

// leaveOut takes data out of an entry that clients could not read, and a null, which
// is none.
func leaveOut(l *outbox.Listed) {
	switch {
	case isNull(l.Data):
		l.Data = nil
	case !isReadable(l.Data):
		l.Data, l.DataLeftOut = nil, true
	}
}

func isNull(data []byte) bool { return string(bytes.TrimSpace(data)) == "null" }

// shownTime is a time that JSON and XML can write: one that somebody put into the
// table by hand may be outside of the years 1 to 9999.
func shownTime(t time.Time) time.Time {
	first, last := time.Time{}, time.Date(9999, time.December, 31, 23, 59, 59, 999999000, time.UTC)
	switch t = t.UTC(); {
	case t.Before(first):
		return first
	case t.After(last):
		return last
	}
	return t
}

// isReadable says whether data, which are JSON, are within the limits.
func isReadable(data []byte) bool {
	switch {
	case len(data) <= maxDepth: // nothing to count
		return true
	case len(data) > maxShown:
		return false
	}
	depth, inText, escaped := 0, false, false
	for _, b := range data {
		switch {
		case escaped:
			escaped = false
		case inText:
			inText, escaped = b != '"', b == '\\'
		case b == '"':
			inText = true
		case b == '[', b == '{':
			if depth++; depth > maxDepth {
				return false
			}
		case b == ']', b == '}':
			depth--
		}
	}
	return true
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// Items of an entry in the forms of Imixs. timeout and those of the lock are ours.
const (
	itemID          = "id"
	itemTopic       = "topic"
	itemRef         = "ref"
	itemCreated     = "created"
	itemTimeout     = "timeout"
	itemData        = "data"
	itemDataLeftOut = "dataleftout"
	itemLockOwner   = "lock.owner"
	itemLockExpires = "lock.expires"
)

// lockSuffix marks the topic of an entry that is locked, in the forms of Imixs.
const lockSuffix = ".lock"

// entryItems is an entry as Imixs shows it.
func entryItems(l *outbox.Listed) workitem.Items {
	leaveOut(l)
	items := workitem.Items{}
	items.Set(itemID, l.ID.String())
	items.Set(itemTopic, l.Topic)
	items.Set(itemRef, l.Ref)
	items.Set(itemCreated, shownTime(l.Created).Truncate(time.Millisecond))
	items.Set(itemTimeout, shownTime(l.Due).Truncate(time.Millisecond))
	if l.LockOwner != "" {
		items.Set(itemTopic, l.Topic+lockSuffix)
		items.Set(itemLockOwner, l.LockOwner)
		items.Set(itemLockExpires, l.LockExpires.UTC().Truncate(time.Millisecond))
	}
	if l.DataLeftOut {
		items.Set(itemDataLeftOut, true)
	}
	if l.Data != nil {
		items.Set(itemData, dataValue(l.Data))
	}
	return items
}

// dataValue is the data of an entry as the value of an item: an object as an
// embedded map. Data that items cannot hold are shown as their JSON text.
func dataValue(data []byte) any {
	text := append(append([]byte(`{"data":[`), data...), "]}"...)
	items, err := workitem.ParseJSON(text)
	if err != nil {
		return string(data)
	}
	if values := items.Values(itemData); len(values) == 1 {
		return values[0]
	}
	return string(data)
}

// entries is a page of the event log as an answer.
func (a *api) entries(c *call, listed []outbox.Listed) answer {
	native := make([]entry, len(listed))
	list := make([]workitem.Items, len(listed))
	for i := range listed {
		a.hideFrom(c.caller, &listed[i])
		if c.form() == formNative {
			native[i] = shownEntry(&listed[i])
		} else {
			list[i] = entryItems(&listed[i])
		}
	}
	return &documents{native: struct {
		Entries []entry `json:"entries"`
	}{native}, list: list}
}
