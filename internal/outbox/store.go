package outbox

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is what a statement runs on: a pool, a connection or a transaction.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Store reads and changes entries outside a caller's transaction: every method
// is one committed step. It is safe for concurrent use by any number of
// processes.
type Store struct {
	pool *pgxpool.Pool
}

// NewStore returns the store over a pool.
func NewStore(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }
