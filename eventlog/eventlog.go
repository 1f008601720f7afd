// Package eventlog is for programs that create event log entries, or consume
// them.
//
// # In a Postgres transaction
//
// A program whose own tables are in the same database creates entries with them:
//
//	tx, err := pool.Begin(ctx)
//	…
//	// our own tables, and with them:
//	id, err := eventlog.Create(ctx, tx, eventlog.Event{
//		Topic: "invoice.sent",
//		Ref:   invoice.ID,
//		Data:  json.RawMessage(`{"amount":[12.5]}`),
//		Delay: 24 * time.Hour,
//	})
//	…
//	err = tx.Commit(ctx)
//
// The entry exists if and only if the transaction commits. Other languages call
// the SQL function eventlog_create(topic, ref, data, delay), or with due =>
// instead of the delay. The role postlude_producer is all that either needs.
//
// # Over HTTP
//
// A [Client] does the same, and everything else, over the REST API:
//
//	client, err := eventlog.NewClient("https://postlude.example", eventlog.Options{
//		Username: "mailer", Password: password,
//	})
//	…
//	id, err := client.Create(ctx, eventlog.Event{Topic: "invoice.sent", Ref: invoice.ID})
//	…
//	err = client.Consume(ctx, eventlog.Consumer{Topic: "invoice.sent", Handler: sendMail})
//
// [Client.Consume] calls the handler at least once for every entry of the topic
// that is due, and deletes the entry after that.
package eventlog

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/postlude/postlude/internal/outbox"
)

// Event is an event log entry to be created.
type Event struct {
	// Topic says what the entry is; the policy of the topic says what happens
	// to it. Dots separate the tokens of the NATS subject.
	Topic string
	// Ref is the id of what the entry is about. It need not exist.
	Ref string
	// Data is any JSON value, nil for none; at most 512 KiB for a topic that is
	// published. Consumers that speak Imixs expect items: an object of lists.
	Data json.RawMessage
	// Delay is the time until the entry is due, from the call on, by the
	// database's clock.
	Delay time.Duration
	// Due is used instead of Delay if it is not zero. It may be past.
	Due time.Time
	// IdempotencyKey, at most 255 bytes, is for a caller that may have to repeat
	// the call: for 24 hours the same key returns the same entry, even if that
	// has been removed. "" for none. Over HTTP the name of the caller and a "/"
	// count too, and the keys of two callers never meet.
	IdempotencyKey string
	// Traceparent is the W3C trace context that messages of the entry carry, ""
	// for none.
	Traceparent string
}

var (
	// ErrInvalid is the error of an event that cannot be created: no topic, no
	// ref, a negative delay, data that are too large, hold the character U+0000
	// or are no JSON, a key that is too long, a traceparent that is none.
	ErrInvalid = outbox.ErrInvalid
	// ErrKeyReused is the error of an idempotency key that was used for an event
	// with another content.
	ErrKeyReused = outbox.ErrKeyReused
)

// Create writes the entry on the caller's transaction and returns its id, a UUID
// version 7. With an idempotency key it waits while another transaction creates
// under the same key. After an error the transaction is aborted, as after any SQL
// error.
//
// Relays are notified by the commit, which serialises commits: a program that
// creates thousands of entries a second sets the parameter postlude.notify to
// off on its connections, and relays find the entries within their interval.
func Create(ctx context.Context, tx pgx.Tx, e Event) (string, error) {
	id, err := outbox.Create(ctx, tx, outbox.NewEntry{
		Topic: e.Topic, Ref: e.Ref, Data: e.Data, Delay: e.Delay, Due: e.Due,
		IdempotencyKey: e.IdempotencyKey, Traceparent: e.Traceparent,
	})
	if err != nil {
		return "", err
	}
	return id.String(), nil
}
