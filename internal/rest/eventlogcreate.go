package rest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

// maxEntry bounds the body of a new entry, in bytes: more than the data of one
// that is published may have, since a topic on hold has no such limit.
const maxEntry = 8 << 20

// createEntry writes a new entry.
func (a *api) createEntry(c *call) (answer, error) {
	e, err := newEntry(c)
	if err != nil {
		return nil, err
	}
	if err := a.mayTopics(c.caller, auth.Create, []string{e.Topic}); err != nil {
		return nil, err
	}
	if e.Data, err = readData(c); err != nil {
		return nil, err
	}
	id, err := outbox.Create(c.Context(), a.pool, e)
	if err != nil {
		return nil, err
	}
	return noContent{location: "/api/eventlog/entry/" + id.String()}, nil
}

// newEntry reads what is not in the body.
func newEntry(c *call) (e outbox.NewEntry, err error) {
	if e.Topic, err = c.text("topic"); err != nil {
		return e, err
	}
	if e.Ref, err = c.text("ref"); err != nil {
		return e, err
	}
	if strings.Contains(e.Topic, "~") || strings.HasSuffix(e.Topic, lockSuffix) {
		return e, badRequest("a topic has no ~, and does not end in " + lockSuffix)
	}
	if err := entryTime(c, &e); err != nil {
		return e, err
	}
	e.Traceparent = c.Header.Get("Traceparent")
	if key := c.Header.Get("Idempotency-Key"); key != "" {
		if err := checkText("Idempotency-Key", key); err != nil {
			return e, err
		}
		if len(key) > maxKey {
			return e, badRequest(fmt.Sprintf("an Idempotency-Key may have %d bytes", maxKey))
		}
		e.IdempotencyKey = c.idempotencyKey(key)
	}
	return e, nil
}

// maxKey bounds an idempotency key, in bytes.
const maxKey = 255

// idempotencyKey is a key of the caller among those of all others, which nobody
// can meet, whatever the names are.
func (c *call) idempotencyKey(key string) string {
	digest := sha256.Sum256([]byte(c.caller.Name + "\x00" + key))
	return "rest " + hex.EncodeToString(digest[:])
}

// entryTime reads when the entry is due.
func entryTime(c *call, e *outbox.NewEntry) (err error) {
	delay, due := c.query.Get("delay"), c.query.Get("due")
	switch {
	case delay != "" && due != "":
		return badRequest("give a delay or a due time, not both")
	case delay != "":
		e.Delay, err = duration("delay", delay, maxDelay)
	case due != "":
		if e.Due, err = time.Parse(time.RFC3339Nano, due); err != nil {
			return badRequest("due is a time as 2030-01-02T03:04:05Z (RFC 3339)")
		}
		if e.Due.IsZero() { // which stands for now
			e.Due = e.Due.Add(time.Microsecond)
		}
	}
	return err
}

// readData reads the data of an entry: a document, which is stored as items, or
// any JSON. A document without items is no data: Imixs' client sends one.
func readData(c *call) ([]byte, error) {
	if c.ContentLength == 0 {
		return nil, nil
	}
	body, err := c.readBody(maxEntry)
	media := form(mediaType(c.Request))
	switch {
	case err != nil:
		return nil, err
	case len(bytes.TrimSpace(body)) == 0:
		return nil, nil
	case media != formNative && !media.isImixs():
		return nil, sentOtherwise("data")
	case media.isXML():
		return itemsData(document.ParseXML(body))
	case media == formJSON && !isArray(body) && document.IsJSON(body):
		return itemsData(document.ParseJSON(body))
	case !json.Valid(body) || !utf8.Valid(body):
		return nil, &requestError{http.StatusBadRequest, codeInvalidEntry, "the data are no JSON in UTF-8"}
	case !isReadable(body):
		return nil, &requestError{http.StatusBadRequest, codeInvalidEntry, fmt.Sprintf("the data are nested deeper than %d levels", maxDepth)}
	}
	if isNull(body) {
		return nil, nil
	}
	return body, nil
}

func itemsData(items workitem.Items, err error) ([]byte, error) {
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return workitem.AppendJSON(nil, items), nil
}
