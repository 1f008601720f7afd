package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
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
