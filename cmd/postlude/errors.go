package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/process"
)

// errReported is the error of a command that has said everything already.
var errReported = errors.New("reported already")

// usageError is the error of a command that was called wrongly, in a way that
// only the command itself can see.
type usageError struct {
	reason string
}

// Error implements error.
func (e *usageError) Error() string { return e.reason }

func usage(format string, args ...any) error {
	return &usageError{reason: fmt.Sprintf(format, args...)}
}

func exitStatus(err error) int {
	var wrong *usageError
	switch {
	case err == nil:
		return process.ExitOK
	case errors.As(err, &wrong):
		return process.ExitUsage
	default:
		return process.ExitFailure
	}
}

// report writes an error as one line.
func report(w io.Writer, err error) {
	if errors.Is(err, errReported) {
		return
	}
	text := process.OneLine(err.Error())
	if postgres.IsUnavailable(err) {
		text = "the database is away: " + text
	}
	fmt.Fprintf(w, "postlude: %s\n", text)
}
