package demo

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/postlude/postlude/internal/stream"
)

// errInterrupted is the error of a start, or a demo, that a signal ended before
// it came to something.
var errInterrupted = errors.New("interrupted before the end")

// Run runs the demo and writes its progress and its summary to out, the log of
// the parts to errs. It returns an error if a promise turns out to be broken,
// and if it could not be put to the test. When it returns everything it has
// started is stopped.
func (d *Demo) Run(ctx context.Context, out, errs io.Writer) error {
	return with(ctx, d.Place, out, errs, func(s *System) error {
		result, err := d.measure(ctx, s, out)
		switch {
		case ctx.Err() != nil:
			return errInterrupted
		case err != nil:
			return err
		}
		result.write(out)
		if err := result.verdict(d.Workitems); err != nil || !d.Keep {
			return err
		}
		return s.serve(ctx, out)
	})
}

// Run runs the system until the context ends.
func (d *Dev) Run(ctx context.Context, out, errs io.Writer) error {
	return with(ctx, d.Place, out, errs, func(s *System) error { return s.serve(ctx, out) })
}

// with starts a system, uses it and stops it.
func with(ctx context.Context, place Place, out, errs io.Writer, use func(*System) error) error {
	fmt.Fprintln(out, "starting Postgres, NATS JetStream, a relay, workers and the workflow API")
	s, err := Start(ctx, place, place.log(errs))
	if err != nil {
		if ctx.Err() != nil {
			return errInterrupted
		}
		return err
	}
	return errors.Join(use(s), s.Stop())
}

// serve says where everything is and leaves it running until the context ends.
func (s *System) serve(ctx context.Context, out io.Writer) error {
	s.describe(out)
	err := s.await(ctx)
	fmt.Fprintln(out, "stopping")
	return err
}

// await returns when the context ends, or with an error when a part does.
func (s *System) await(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return err
	}
}

func (s *System) describe(out io.Writer) {
	fmt.Fprintf(out, `
The system is running. Ctrl-C ends it.

  workflow API    %s
  tap             nats sub --server %s '%s'
  database        export DATABASE_URL='%s'

`, s.APIURL, s.NATSURL, stream.Names{}.TapSubjects(), s.DatabaseURL)
}
