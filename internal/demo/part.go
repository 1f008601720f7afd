package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"
)

// startPart runs a part until its release. A signal does not reach it by
// another way: the parts end one after the other.
func (s *System) startPart(ctx context.Context, name string, run func(context.Context, zerolog.Logger) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() {
		err := partError(name, run(ctx, s.log.With().Str("part", name).Logger()))
		if ctx.Err() == nil { // by itself, which is a failure that the release need not tell again
			s.fail(orUnexpected(name, err))
			err = nil
		}
		ended <- err
	}()
	s.releases.add(name, func() error {
		cancel()
		return <-ended
	})
}

// partError names the part. To end with its context is no error.
func partError(name string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

func orUnexpected(name string, err error) error {
	if err == nil {
		return fmt.Errorf("%s ended unexpectedly", name)
	}
	return err
}
