package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/stream"
)

// readyTimeout bounds how long the workers may take to ask for work.
const readyTimeout = 30 * time.Second

// awaitWorkers returns when so many workers are waiting for messages in every
// lane: the broker sees each one's pull requests.
func (s *System) awaitWorkers(ctx context.Context, workers int) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	nc, err := nats.Connect(s.NATSURL, nats.Name("postlude demo"))
	if err != nil {
		return fmt.Errorf("connect to nats: %w", err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("use jetstream: %w", err)
	}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !workersWait(ctx, js, workers) {
		select {
		case <-ticker.C:
		case err := <-s.failed:
			return err
		case <-ctx.Done():
			return fmt.Errorf("wait for the workers: %w", ctx.Err())
		}
	}
	return nil
}

// workersWait says whether every lane has a consumer that so many workers pull
// from. What cannot be asked is not ready.
func workersWait(ctx context.Context, js jetstream.JetStream, workers int) bool {
	work, err := js.Stream(ctx, stream.Names{}.WorkStream())
	if err != nil {
		return false
	}
	list := work.ListConsumers(ctx)
	lanes := 0
	for info := range list.Info() {
		if info.NumWaiting >= workers {
			lanes++
		}
	}
	return list.Err() == nil && lanes >= len(outbox.Lanes())
}
