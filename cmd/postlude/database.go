package main

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/postlude/postlude/internal/postgres"
)

// database is the flag of a command that works on the database.
type database struct {
	URL string `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"Postgres database, as postgres://user:password@host:port/name."`
}

func (d database) require() error {
	if d.URL == "" {
		return usage("no database: set DATABASE_URL or give --database-url")
	}
	return nil
}

// open connects and makes sure that the schema is ours. The caller closes the
// pool.
func (d database) open(ctx context.Context) (*pgxpool.Pool, error) {
	if err := d.require(); err != nil {
		return nil, err
	}
	pool, err := postgres.Connect(ctx, postgres.Config{URL: d.URL, MaxConns: 4, ApplicationName: "postlude"})
	if err != nil {
		return nil, err
	}
	if err := postgres.CheckSchema(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}
