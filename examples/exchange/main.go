// Exchange brings the entries of a topic from one installation of Postlude to
// another, over REST.
//
//	exchange --from https://a.example --to https://b.example --topic invoice.sent --as a.invoice.sent
//
// An entry is created at the other side under an idempotency key that is made from
// its id, and deleted at this side after that. So whatever dies in between, every
// entry arrives once: what is not deleted comes again, and creates nothing. The
// other side knows the key for 24 hours: after a crash, start again before that.
//
// Any number of exchanges may run for a topic. For both directions run two, and let
// --as give the entries another topic, or they go back and forth for ever.
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

	"github.com/postlude/postlude/eventlog"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Getenv, os.Stderr)) }

// settings are the flags.
type settings struct {
	from, to    string
	topic, as   string
	concurrency int
	lease       time.Duration
}

func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) int {
	s, err := parse(args, stderr)
	if err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal kills
	if err := exchange(ctx, s, getenv, stderr); err != nil {
		fmt.Fprintln(stderr, "exchange:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("exchange", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.from, "from", "", "address of the API to take entries from; FROM_USER and FROM_PASSWORD are its credentials")
	flags.StringVar(&s.to, "to", "", "address of the API to create them at; TO_USER and TO_PASSWORD are its credentials")
	flags.StringVar(&s.topic, "topic", "", "topic of the entries")
	flags.StringVar(&s.as, "as", "", "topic that they have at the other side; the same without it")
	flags.IntVar(&s.concurrency, "concurrency", 8, "how many entries are on their way at once")
	flags.DurationVar(&s.lease, "lease", time.Minute, "how long entries rest whose exchange was killed, at least 5s and many times what a request takes")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "exchange: nobody knows %q\n", flags.Arg(0))
		return s, errors.New("usage")
	}
	if s.from == "" || s.to == "" || s.topic == "" {
		fmt.Fprintln(stderr, "exchange: --from, --to and --topic are needed")
		return s, errors.New("usage")
	}
	if s.as == "" {
		s.as = s.topic
	}
	return s, nil
}

func exchange(ctx context.Context, s settings, getenv func(string) string, stderr io.Writer) error {
	from, err := eventlog.NewClient(s.from, eventlog.Options{Username: getenv("FROM_USER"), Password: getenv("FROM_PASSWORD")})
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := eventlog.NewClient(s.to, eventlog.Options{
		Username: getenv("TO_USER"), Password: getenv("TO_PASSWORD"),
		OnRetry: func(err error, pause time.Duration) { fmt.Fprintf(stderr, "exchange: again in %s: %s\n", pause, err) },
	})
	if err != nil {
		return err
	}
	defer to.Close()
	return from.Consume(ctx, eventlog.Consumer{
		Topic:       s.topic,
		Concurrency: s.concurrency,
		Lease:       s.lease,
		Handler: func(ctx context.Context, e eventlog.Entry) error {
			_, err := to.Create(ctx, carried(e, s.as))
			return err // nil has the entry deleted
		},
		OnError: func(e eventlog.Entry, err error) { fmt.Fprintf(stderr, "exchange: %s %s\n", e.ID, err) },
	})
}

// carried is what the other side gets of an entry. Nothing in it may change when
// the entry is taken again: under one key, another content would be refused.
func carried(e eventlog.Entry, topic string) eventlog.Event {
	return eventlog.Event{
		Topic: topic, Ref: e.Ref, Data: e.Data, Due: e.Due, Traceparent: e.Traceparent,
		IdempotencyKey: "exchange/" + e.ID,
	}
}
