package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// clusterName marks the servers that this package starts. A server that a person
// started by hand on a directory of ours does not carry it, and is left alone.
const clusterName = "postlude-private"

// stopOrphan ends the server that a dead owner left in the directory and waits
// until it has gone. It returns an error when a server stays: one that is not
// ours, or one that does not end in time.
func (d *directory) stopOrphan(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, orphanTimeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	asked := false
	for {
		left, found := d.readPIDFile()
		if !found {
			return nil
		}
		state := d.inspect(ctx, left)
		switch {
		case state == orphanGone:
			return nil
		case state == orphanForeign:
			return fmt.Errorf("%s: %w: process %d was not started by this program", d.path, ErrDirInUse, left.pid)
		case state == orphanServing && !asked:
			if err := endOrphan(left.pid); err != nil {
				return fmt.Errorf("stop the server that a killed process left (process %d): %w", left.pid, err)
			}
			asked = true
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w: process %d does not end", d.path, ErrDirInUse, left.pid)
		}
	}
}

// orphanState is what became of a server whose owner died.
type orphanState int

const (
	orphanGone    orphanState = iota // no server has this directory
	orphanServing                    // ours, and it accepts connections
	orphanLeaving                    // starting or shutting down
	orphanForeign                    // serves this directory, but is not ours
)

// inspect asks the server behind the port of postmaster.pid which directory it
// serves. The process id alone proves nothing: it may have been given to
// another program since.
func (d *directory) inspect(ctx context.Context, left pidFile) orphanState {
	password, _ := os.ReadFile(d.passwordFile()) // without it we are refused, like any stranger
	conn, err := pgx.Connect(ctx, databaseURL(strings.TrimSpace(string(password)), left.port))
	if err != nil {
		return stateOf(err)
	}
	defer func() { _ = conn.Close(ctx) }()

	const query = `
		SELECT current_setting('data_directory'),
		       current_setting('cluster_name')`
	var data, name string
	if err := conn.QueryRow(ctx, query).Scan(&data, &name); err != nil {
		return orphanLeaving
	}
	switch {
	case !sameFile(data, d.data()):
		return orphanGone
	case name != clusterName:
		return orphanForeign
	default:
		return orphanServing
	}
}

// stateOf reads a refused connection.
func stateOf(err error) orphanState {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		if answer.Code == "57P03" { // cannot_connect_now
			return orphanLeaving
		}
		return orphanGone // some other server: it does not know our password
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return orphanLeaving
	}
	return orphanGone
}

func sameFile(a, b string) bool {
	left, leftErr := os.Stat(a)
	right, rightErr := os.Stat(b)
	return leftErr == nil && rightErr == nil && os.SameFile(left, right)
}
