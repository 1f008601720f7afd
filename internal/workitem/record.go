package workitem

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNotFound is the error of a workitem that is not stored.
var ErrNotFound = errors.New("workitem not found")

// DB is what a statement runs on: a pool, a connection or a transaction.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Record is a stored workitem.
type Record struct {
	Items Items
	// ArmedBy is the $transactionid of the processing that last entered the
	// workitem's state. An async entry is current if and only if it carries the
	// same.
	ArmedBy string
	// Version counts the writes; 0 if the workitem is not stored yet.
	Version  int64
	Created  time.Time
	Modified time.Time
}

// Decode fills the items from their stored form and adds $created and
// $modified, which have columns of their own.
func (r *Record) Decode(items []byte) error {
	parsed, err := parseStored(items)
	if err != nil {
		return fmt.Errorf("stored workitem: %w", err)
	}
	r.addTimes(parsed)
	r.Items = parsed
	return nil
}

func (r *Record) addTimes(items Items) {
	items[Created] = []any{r.Created.UTC().Truncate(time.Millisecond)}
	items[Modified] = []any{r.Modified.UTC().Truncate(time.Millisecond)}
}

const loadSQL = `
SELECT
    armed_by,
    version,
    created,
    modified,
    items::text
FROM workitem
WHERE uniqueid = $1`

// Load reads a workitem without locking it. The error is [ErrNotFound] if there
// is none.
func Load(ctx context.Context, db DB, uniqueID string) (Record, error) {
	var r Record
	var items []byte
	err := db.QueryRow(ctx, loadSQL, uniqueID).Scan(&r.ArmedBy, &r.Version, &r.Created, &r.Modified, &items)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, fmt.Errorf("workitem %s: %w", uniqueID, ErrNotFound)
	}
	if err == nil {
		err = r.Decode(items)
	}
	if err != nil {
		return r, fmt.Errorf("load workitem %s: %w", uniqueID, err)
	}
	return r, nil
}
