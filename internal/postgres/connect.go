package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Connect opens a pool and proves that the database answers. ctx bounds that
// proof, not the life of the pool; the caller closes the pool.
//
// An error never carries the password. IsUnavailable tells a database that is
// away from one that refuses us.
func Connect(ctx context.Context, config Config) (*pgxpool.Pool, error) {
	parsed, err := config.pool()
	if err != nil {
		return nil, fmt.Errorf("connect to postgres: %w", err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, parsed)
	if err != nil {
		return nil, fmt.Errorf("connect to postgres: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to postgres: %w", err)
	}
	return pool, nil
}
