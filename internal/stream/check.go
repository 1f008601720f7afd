package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/postlude/postlude/internal/outbox"
)

// Check looks whether JetStream answers and the work stream, if it is there, is
// ours; it makes and changes nothing. The error is a [*ForeignStreamError] if the
// stream is not.
func Check(ctx context.Context, nc *nats.Conn, cfg Config) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("use jetstream: %w", err)
	}
	if _, err := js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("ask jetstream: %w", err)
	}
	stream, err := js.Stream(ctx, cfg.Names.WorkStream())
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("ask for the work stream: %w", err)
	}
	if owner := stream.CachedInfo().Config.Metadata[installationKey]; owner != cfg.Installation {
		return &ForeignStreamError{Stream: cfg.Names.WorkStream(), Installation: owner}
	}
	return nil
}

// CheckHandovers looks whether relays can hand over to the streams of the topics
// that are for handover; it makes and changes nothing. A stream that is missing is
// in order: a relay makes it. The error names each topic whose stream is not ours,
// or removes messages before their grace is over.
func CheckHandovers(ctx context.Context, nc *nats.Conn, cfg Config, topics []outbox.Topic) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("use jetstream: %w", err)
	}
	var found []error
	for _, topic := range topics {
		if topic.Policy != outbox.PolicyHandover {
			continue
		}
		if err := checkHandover(ctx, js, cfg, topic); err != nil {
			found = append(found, fmt.Errorf("%s: %w", topic.Pattern, err))
		}
	}
	return errors.Join(found...)
}

func checkHandover(ctx context.Context, js jetstream.JetStream, cfg Config, topic outbox.Topic) error {
	stream, err := js.Stream(ctx, cfg.Names.HandoverStream(topic.Stream))
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("ask for stream %s: %w", topic.Stream, err)
	}
	have := stream.CachedInfo().Config
	if owner := have.Metadata[installationKey]; owner != cfg.Installation {
		return &ForeignStreamError{Stream: have.Name, Installation: owner}
	}
	return errors.Join(retentionFault(have), graceFault(have, topic.Grace))
}
