package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/postlude/postlude/internal/pgserver"
)

// stopTimeout bounds the clean end of Postgres; then it is ended the hard way,
// which loses nothing that was committed.
const stopTimeout = 10 * time.Second

// startPostgres starts a private server, with the durability of a real one.
func (s *System) startPostgres(ctx context.Context, place Place) error {
	dir, err := place.directory("postgres")
	if err != nil {
		return err
	}
	server, err := pgserver.Start(ctx, pgserver.Options{Dir: dir, Port: place.PostgresPort})
	if err != nil {
		return err
	}
	s.releases.add("postgres", func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		return server.Stop(ctx)
	})
	s.watch("postgres", server.Done())
	s.DatabaseURL, s.oneClock = server.URL(), true
	return nil
}

// directory is where a server keeps its data, "" if it keeps none. The place
// itself is made readable for the user that Postgres runs as.
func (p Place) directory(name string) (string, error) {
	if p.Data == "" {
		return "", nil
	}
	if err := os.MkdirAll(p.Data, 0o755); err != nil { //nolint:gosec // what lies in it is private
		return "", fmt.Errorf("make the data directory: %w", err)
	}
	return filepath.Join(p.Data, name), nil
}

// createDatabase makes a database of our own on somebody's server, and drops it
// at the end. A signal does not interrupt the one statement that makes it: nobody
// would know whether there is something to drop.
func (s *System) createDatabase(ctx context.Context, place Place) error {
	name := "postlude_demo_" + strings.ToLower(rand.Text()[:12])
	quoted := pgx.Identifier{name}.Sanitize()
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := execute(bounded, place.DatabaseURL, "CREATE DATABASE "+quoted); err != nil {
		return fmt.Errorf("create a database of our own: %w", err)
	}
	s.releases.add("database "+name, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if err := execute(ctx, place.DatabaseURL, "DROP DATABASE "+quoted+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("drop database %s: %w", name, err)
		}
		return nil
	})
	var err error
	s.DatabaseURL, err = withDatabase(place.DatabaseURL, name)
	return err
}

// execute runs a statement that no transaction and no pool is needed for.
func execute(ctx context.Context, databaseURL, sql string) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42501" {
		return fmt.Errorf("the user of DATABASE_URL has not the right CREATEDB: grant it, or unset DATABASE_URL for a private Postgres (%w)", err)
	}
	return err
}

// withDatabase is a database URL, or a keyword string, with another database.
func withDatabase(databaseURL, name string) (string, error) {
	if !strings.Contains(databaseURL, "://") {
		return databaseURL + " dbname=" + name, nil // the last one wins
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", errors.New("DATABASE_URL is not a URL") // the cause would show the password
	}
	u.Path = "/" + name
	query := u.Query()
	for _, name := range []string{"dbname", "database", "search_path"} {
		query.Del(name) // they are of the other database
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}
