// Package process is what every program of the project has in common: flags and
// environment, signals, the log, the health and metrics endpoint, and an orderly
// end.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"
)

// Exit statuses.
const (
	ExitOK      = 0
	ExitFailure = 1
	ExitUsage   = 2
)

// Program is a program that runs until it is told to stop.
type Program struct {
	Name        string
	Description string
	// Flags is a pointer to a struct with kong's tags. It is filled from flags,
	// then environment, then defaults.
	Flags any
	// Log is within Flags.
	Log *Log
	// Run runs until the context ends, and then comes to an orderly end.
	Run func(ctx context.Context, log zerolog.Logger) error
}

// Main runs the program and returns its exit status: 0 after a clean end, 1
// after a failure, 2 if it was called wrongly. The first SIGINT or SIGTERM ends
// the context, a second one kills.
func Main(p Program, args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from now on a signal kills
	return p.run(ctx, args, stdout, stderr)
}

func (p Program) run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	status, done, err := parse(p, args, stdout, stderr)
	if done {
		return status
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %s (see %s --help)\n", p.Name, OneLine(err.Error()), p.Name)
		return ExitUsage
	}
	log := p.Log.Logger(stderr)
	if err := p.Run(ctx, log); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(stderr, "%s: %s\n", p.Name, OneLine(err.Error()))
		return ExitFailure
	}
	return ExitOK
}

// parse fills the flags. done says that there is nothing to run, after --help.
func parse(p Program, args []string, stdout, stderr io.Writer) (status int, done bool, err error) {
	parser, err := kong.New(p.Flags,
		kong.Name(p.Name),
		kong.Description(p.Description),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { status, done = code, true }),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100}),
	)
	if err != nil {
		return 0, false, fmt.Errorf("declare flags: %w", err)
	}
	_, err = parser.Parse(args)
	return status, done, err
}
