package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/postlude/postlude/eventlog"
)

// receiver creates an entry for each message.
type receiver struct {
	pool   *pgxpool.Pool
	stderr io.Writer
}

// patience is how long one message may take.
const patience = 20 * time.Second

// take does not stop halfway when the program is to end.
func (r *receiver) take(ctx context.Context, msg jetstream.Msg) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	event, err := eventOf(msg.Headers(), msg.Data())
	if err == nil {
		err = r.create(ctx, event)
	}
	if err != nil {
		fmt.Fprintf(r.stderr, "bridge: %s: %s\n", msg.Subject(), err)
	}
	if err := settle(msg, err); err != nil { // then it comes again, and creates nothing
		fmt.Fprintf(r.stderr, "bridge: %s: %s\n", msg.Subject(), err)
	}
}

// create commits the entry. Work of your own that belongs to it goes in here.
func (r *receiver) create(ctx context.Context, event eventlog.Event) error {
	return pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		_, err := eventlog.Create(ctx, tx, event)
		return err
	})
}

// settle tells the broker what became of a message. What can never become an entry
// is not delivered again; it stays in the stream, and is reported.
func settle(msg jetstream.Msg, err error) error {
	switch {
	case err == nil:
		return msg.Ack()
	case errors.Is(err, eventlog.ErrInvalid), errors.Is(err, eventlog.ErrKeyReused), errors.Is(err, errForeign):
		return msg.TermWithReason(err.Error())
	}
	return msg.NakWithDelay(pause(msg))
}

// pause grows with each delivery, up to a minute.
func pause(msg jetstream.Msg) time.Duration {
	const first, most = time.Second, time.Minute
	about, err := msg.Metadata()
	if err != nil || about.NumDelivered > 6 {
		return most
	}
	return min(first<<about.NumDelivered, most)
}

// errForeign is the error of a message that no installation has handed over.
var errForeign = errors.New("the message is not of postlude")

// eventOf reads a message as docs/api.md and docs/adr/0020-topic-policies.md
// describe it: CloudEvents headers, and the data of the entry as its body. The key
// names the installation and the entry, which are the same however often the
// message is published and delivered.
func eventOf(h nats.Header, data []byte) (e eventlog.Event, err error) {
	id, source := h.Get("ce-id"), h.Get("ce-source")
	topic, err1 := url.PathUnescape(h.Get("ce-type"))
	ref, err2 := url.PathUnescape(h.Get("ce-subject"))
	due, err3 := time.Parse(time.RFC3339Nano, h.Get("Postlude-Due"))
	if err := errors.Join(err1, err2, err3); err != nil {
		return e, fmt.Errorf("%w: %w", errForeign, err)
	}
	if id == "" || source == "" || topic == "" {
		return e, errForeign
	}
	e = eventlog.Event{Topic: topic, Ref: ref, Due: due, Traceparent: h.Get("traceparent"), IdempotencyKey: source + "/" + id}
	if len(data) > 0 {
		e.Data = data
	}
	return e, nil
}
