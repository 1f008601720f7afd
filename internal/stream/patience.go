package stream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// startPatience is how long a program that starts waits for a broker that has
// answered once and is just being restarted.
const startPatience = 15 * time.Second

// patiently tries a step of a program's start until it succeeds, or fails for
// good: an answer that the broker will give again is final, silence is not.
func patiently(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		err := once(ctx, step)
		if err == nil || ctx.Err() != nil || isFinal(err) {
			return err
		}
		pause(ctx, 250*time.Millisecond)
	}
}

func once(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	return step(ctx)
}

func isFinal(err error) bool {
	var foreign *ForeignStreamError
	var api *jetstream.APIError
	return errors.As(err, &foreign) || errors.As(err, &api) && api.Code < 500
}
