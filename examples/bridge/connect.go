package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// connect tries until there is a consumer, since brokers restart too, or the
// context ends.
func connect(ctx context.Context, s settings, stderr io.Writer) (*nats.Conn, jetstream.Consumer, error) {
	const most = 10 * time.Second
	for pause := 500 * time.Millisecond; ; pause = min(2*pause, most) {
		nc, consumer, err := connectOnce(ctx, s)
		switch {
		case err == nil:
			return nc, consumer, nil
		case ctx.Err() != nil, isFinal(err):
			return nil, nil, err
		}
		fmt.Fprintf(stderr, "bridge: again in %s: %s\n", pause, err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

func connectOnce(ctx context.Context, s settings) (*nats.Conn, jetstream.Consumer, error) {
	nc, err := nats.Connect(s.nats, nats.Name("postlude bridge"), nats.MaxReconnects(-1))
	if err != nil {
		return nil, nil, fmt.Errorf("connect to nats: %w", err)
	}
	consumer, err := consume(ctx, nc, s)
	if err != nil {
		nc.Close()
		return nil, nil, fmt.Errorf("consume stream %s: %w", s.stream, err)
	}
	return nc, consumer, nil
}

// consume finds the consumer, or creates it.
func consume(ctx context.Context, nc *nats.Conn, s settings) (jetstream.Consumer, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	config := jetstream.ConsumerConfig{
		Durable: s.durable, FilterSubject: s.filter, AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: s.ackWait, MaxDeliver: -1, // nothing is given up
	}
	if s.ordered {
		config.MaxAckPending = 1
	}
	return js.CreateOrUpdateConsumer(ctx, s.stream, config)
}

// isFinal says whether trying again is useless: what we were told is wrong. A
// server that is not well answers with 5xx, or not.
func isFinal(err error) bool {
	var address *url.Error
	var refused *jetstream.APIError
	if errors.As(err, &refused) {
		return refused.Code < 500
	}
	return errors.As(err, &address) || errors.Is(err, nats.ErrAuthorization) ||
		errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrInvalidStreamName) ||
		errors.Is(err, jetstream.ErrInvalidConsumerName)
}
