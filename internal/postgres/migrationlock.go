package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNoSchema means that the connection's search_path names no schema that
// exists, so there is no place for the tables.
var ErrNoSchema = errors.New("no schema in the search_path exists")

const releaseTimeout = 5 * time.Second

// migrationLock is a connection with an open transaction that holds the
// advisory lock of its schema. A lock of the session would outlive us in the
// hands of a pooler, which gives the server's session to the next client.
type migrationLock struct {
	conn *pgx.Conn
	// timeouts are the names of the server's timeouts that are switched on.
	timeouts []string
}

// takeMigrationLock waits for the lock as long as ctx allows.
func takeMigrationLock(ctx context.Context, config *pgx.ConnConfig) (_ *migrationLock, err error) {
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return nil, err
	}
	l := &migrationLock{conn: conn}
	defer func() {
		if err != nil {
			_ = l.close(ctx)
		}
	}()
	if _, err := conn.Exec(ctx, "BEGIN"); err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	if err := l.switchTimeoutsOff(ctx); err != nil {
		return nil, err
	}
	if err := l.lock(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// switchTimeoutsOff keeps the server from ending this transaction while it waits
// for the lock, or idles during a long migration.
func (l *migrationLock) switchTimeoutsOff(ctx context.Context) error {
	const query = `
		SELECT name,
		       set_config(name, '0', true)
		  FROM pg_settings
		       -- Of these, the server has those that its version knows.
		 WHERE name IN ('statement_timeout', 'lock_timeout',
		                'idle_in_transaction_session_timeout',
		                'transaction_timeout')
		   AND setting <> '0'`
	rows, err := l.conn.Query(ctx, query)
	if err != nil {
		return fmt.Errorf("switch timeouts off: %w", err)
	}
	l.timeouts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (name string, err error) {
		err = row.Scan(&name, nil)
		return name, err
	})
	if err != nil {
		return fmt.Errorf("switch timeouts off: %w", err)
	}
	return nil
}

// lock derives the key from the schema: schemas of one database migrate
// independently.
func (l *migrationLock) lock(ctx context.Context) error {
	var exists bool
	err := l.conn.QueryRow(ctx, `SELECT current_schema() IS NOT NULL`).Scan(&exists)
	if err != nil {
		return fmt.Errorf("find schema: %w", err)
	}
	if !exists {
		return ErrNoSchema
	}
	const query = `
		SELECT pg_advisory_xact_lock(
		           hashtextextended('postlude migrate ' || current_schema(), 0))`
	if _, err := l.conn.Exec(ctx, query); err != nil {
		return fmt.Errorf("wait for the migration lock: %w", err)
	}
	return nil
}

// disableTimeouts switches off, for a connection to come, the timeouts that this
// server has switched on. Others are not mentioned: a pooler refuses a
// connection that brings a setting it does not know.
func (l *migrationLock) disableTimeouts(settings map[string]string) {
	for _, name := range l.timeouts {
		settings[name] = "0"
	}
}

// release ends the transaction and with it the lock. An error means that the
// lock may have been lost before the migrations were done.
func (l *migrationLock) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	_, err := l.conn.Exec(ctx, "COMMIT")
	if err = errors.Join(err, l.close(ctx)); err != nil {
		return fmt.Errorf("release the migration lock: %w", err)
	}
	return nil
}

func (l *migrationLock) close(ctx context.Context) error {
	return l.conn.Close(context.WithoutCancel(ctx))
}
