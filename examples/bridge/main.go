// Bridge brings what one installation of Postlude hands over to a NATS stream into
// the event log of another, in its database.
//
//	postlude topic set order --policy handover --stream ORDERS     # there
//	DATABASE_URL=postgres://… bridge --nats nats://there.example --stream ORDERS
//
// A message is acknowledged after the transaction that creates its entry has
// committed, and the entry is created under an idempotency key that is made from
// its id. So whatever dies in between, every entry arrives once: what is not
// acknowledged comes again, and creates nothing. The database knows the key for 24
// hours: after a crash, start again before that. And a new --durable begins at the
// beginning of the stream: what arrived more than 24 hours ago arrives once more.
//
// An installation with a prefix, as acme, hands over to the stream ACME_ORDERS and
// the subjects acme.handover.ORDERS.>, which are what --stream and --filter expect.
//
// The entries keep their topics. If the other side hands the same topics over to
// this one, by another bridge, they go back and forth for ever.
//
// They arrive in any order when one fails and is tried again, or when several
// bridges share the work. With --ordered they arrive in that of the stream, one
// after the other: slower, and one that fails for now keeps the others waiting.
//
// The database user needs the role postlude_producer and nothing else. Any number
// of bridges with the same --durable share the work. Work of your own in the same
// database goes into the same transaction, see create.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Getenv, os.Stderr)) }

// settings are the flags.
type settings struct {
	nats, stream, filter, durable string
	ackWait                       time.Duration
	ordered                       bool
	database                      string
}

func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) int {
	s, err := parse(args, getenv, stderr)
	if err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal kills
	if err := bridge(ctx, s, stderr); err != nil {
		fmt.Fprintln(stderr, "bridge:", err)
		return 1
	}
	return 0
}

func parse(args []string, getenv func(string) string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("bridge", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.nats, "nats", nats.DefaultURL, "NATS server of the installation that hands over")
	flags.StringVar(&s.stream, "stream", "HANDOVER", "stream that it hands over to; ACME_ORDERS if its prefix is acme")
	flags.StringVar(&s.filter, "filter", "", "subjects to take, as handover.ORDERS.order.>, or acme.handover.ORDERS.order.>; all of the stream without it")
	flags.StringVar(&s.durable, "durable", "postlude-bridge", "name of the consumer, which remembers how far it is; a new one begins at the beginning of the stream")
	flags.DurationVar(&s.ackWait, "ack-wait", 30*time.Second, "how long messages rest whose bridge was killed; many times what one takes")
	flags.BoolVar(&s.ordered, "ordered", false, "keep the order of the stream, one message after the other")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "bridge: nobody knows %q\n", flags.Arg(0))
		return s, errors.New("usage")
	}
	if s.database = getenv("DATABASE_URL"); s.database == "" {
		fmt.Fprintln(stderr, "bridge: DATABASE_URL is needed")
		return s, errors.New("usage")
	}
	return s, nil
}

func bridge(ctx context.Context, s settings, stderr io.Writer) error {
	pool, err := pgxpool.New(ctx, s.database)
	if err != nil {
		return err
	}
	defer pool.Close()
	nc, consumer, err := connect(ctx, s, stderr)
	switch {
	case ctx.Err() != nil && err != nil:
		return nil // that is what we were told
	case err != nil:
		return err
	}
	defer nc.Close()
	return receive(ctx, consumer, &receiver{pool: pool, stderr: stderr})
}

// prefetch is how many messages may wait in this process. Their time to be
// acknowledged has begun: more would be delivered again where a database is slow.
const prefetch = 10

func receive(ctx context.Context, consumer jetstream.Consumer, r *receiver) error {
	messages, err := consumer.Messages(jetstream.PullMaxMessages(prefetch))
	if err != nil {
		return fmt.Errorf("receive messages: %w", err)
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		switch {
		case ctx.Err() != nil:
			return nil // what is not acknowledged comes again
		case errors.Is(err, jetstream.ErrNoHeartbeat):
			continue // the connection is away, and comes back
		case err != nil:
			return fmt.Errorf("receive messages: %w", err)
		}
		r.take(context.WithoutCancel(ctx), msg)
	}
}
