package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/postlude/postlude/internal/app"
)

// startAPI starts the workflow API and returns when it accepts connections.
func (s *System) startAPI(ctx context.Context, place Place) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	listening := make(chan string, 1)
	api := &app.API{
		Database: s.database(), NATS: s.nats(), AsyncEvent: s.async(),
		Address: place.Address, Drain: 10 * time.Second,
		Listening: func(address string) { listening <- address },
	}
	s.startPart(ctx, "api", api.Run)
	select {
	case address := <-listening:
		s.APIURL = "http://" + address
		return nil
	case err := <-s.failed:
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the api: %w", ctx.Err())
	}
}
