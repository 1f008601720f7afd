package main

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/process"
)

type eventlogCommand struct {
	List   eventlogListCommand   `cmd:"" help:"List the entries of the event log, the oldest first."`
	Cancel eventlogCancelCommand `cmd:"" help:"Remove entries that wait, async ones too, and record that."`
	Fire   eventlogFireCommand   `cmd:"" help:"Make entries that wait due now, async ones too, and wake the relays."`
}

type eventlogListCommand struct {
	database
	Topics []string `name:"topic" placeholder:"TOPIC" help:"Only entries of this topic; can be repeated."`
	Ref    string   `name:"ref" placeholder:"REF" help:"Only entries about this, a $$uniqueid for async events."`
	Limit  int      `name:"limit" default:"100" placeholder:"N" help:"Most entries listed (default ${default})."`
	JSON   bool     `name:"json" help:"Print JSON, with everything that is known of an entry."`
}

// Run implements the command.
func (c *eventlogListCommand) Run(ctx context.Context, std streams) error {
	if c.Limit < 1 {
		return usage("--limit must be at least 1")
	}
	pool, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	entries, err := outbox.NewStore(pool).List(ctx, outbox.Selection{Topics: c.Topics, Ref: c.Ref, Limit: c.Limit})
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(std.out, entryDocuments(entries))
	}
	return writeEntries(std.out, entries)
}

func writeEntries(w io.Writer, entries []outbox.Listed) error {
	t := newTable(w, "DUE", "TOPIC", "REF", "ATTEMPTS", "STATE", "LAST ERROR")
	for i := range entries {
		e := &entries[i]
		t.row(e.Due.UTC().Format("2006-01-02T15:04:05.000Z"), e.Topic, e.Ref,
			strconv.Itoa(e.Attempts), string(e.State), process.OneLine(e.LastError))
	}
	return t.flush()
}

// entryDocument is the JSON form of an entry.
type entryDocument struct {
	ID        string       `json:"id"`
	Topic     string       `json:"topic"`
	Ref       string       `json:"ref"`
	Created   time.Time    `json:"created"`
	Due       time.Time    `json:"due"`
	State     outbox.State `json:"state"`
	Attempts  int          `json:"attempts"`
	LastError string       `json:"lastError,omitempty"`
	ArmedBy   string       `json:"armedBy,omitempty"`
	Published *time.Time   `json:"published,omitempty"`
	// LockOwner holds the entry until LockExpires.
	LockOwner   string          `json:"lockOwner,omitempty"`
	LockExpires *time.Time      `json:"lockExpires,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"`
}

func entryDocuments(entries []outbox.Listed) []entryDocument {
	documents := make([]entryDocument, len(entries))
	for i := range entries {
		e := &entries[i]
		documents[i] = entryDocument{
			ID: e.ID.String(), Topic: e.Topic, Ref: e.Ref, Created: e.Created, Due: e.Due, State: e.State,
			Attempts: e.Attempts, LastError: e.LastError, ArmedBy: e.ArmedBy, Published: e.Published,
			LockOwner: e.LockOwner, LockExpires: e.LockExpires, Data: json.RawMessage(e.Data),
		}
	}
	return documents
}
