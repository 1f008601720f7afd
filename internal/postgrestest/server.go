package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/pgserver"
	"github.com/postlude/postlude/internal/postgres"
)

// urlVariable names the environment variable with a running server to use.
const urlVariable = "POSTLUDE_TEST_DATABASE_URL"

// featureNotSupported is the SQLSTATE of a server built without ICU.
const featureNotSupported = "0A000"

// server starts with its first use, once, and outlives that test. A start that failed fails every test.
type server struct {
	once sync.Once
	err  error

	private *pgserver.Server // nil when the environment names a server
	url     string           // of the administrator
	admin   *pgxpool.Pool
	prefix  string // of the names of our databases
	count   atomic.Int64
}

// created is a database that somebody has to drop.
type created struct{ name, url string }

func (s *server) start(ctx context.Context) error {
	s.once.Do(func() {
		if err := s.startOnce(context.WithoutCancel(ctx)); err != nil {
			s.err = fmt.Errorf("postgres for tests: %w", err)
		}
	})
	return s.err
}

func (s *server) startOnce(ctx context.Context) error {
	// Several test processes may share the server of the environment.
	s.prefix = "postlude_test_" + strings.ToLower(rand.Text()[:8]) + "_"
	s.url = os.Getenv(urlVariable)
	if s.url == "" {
		private, err := pgserver.Start(ctx, pgserver.Options{
			TempDir: pgserver.MemoryDir(),
			// Nobody reads the data after a power failure. Little log keeps the
			// memory for the data.
			Settings: map[string]string{"fsync": "off", "full_page_writes": "off", "max_wal_size": "128MB"},
		})
		if err != nil {
			return err
		}
		s.private, s.url = private, private.URL()
	}
	admin, err := postgres.Connect(ctx, postgres.Config{
		URL: s.url, ApplicationName: "test admin", StatementTimeout: cleanupTimeout, LockTimeout: cleanupTimeout,
	})
	if err != nil {
		return err
	}
	s.admin = admin
	return s.createTemplate(ctx)
}

// createTemplate migrates once; every test then gets a copy. A copy takes less
// time than the migrations do, see docs/adr/0003-private-postgres.md.
func (s *server) createTemplate(ctx context.Context) error {
	if err := s.createSorted(ctx, s.template()); err != nil {
		return err
	}
	address, err := withDatabase(s.url, s.template())
	if err != nil {
		return err
	}
	_, err = postgres.Migrate(ctx, address, zerolog.Nop())
	return err
}

// createSorted makes a database that sorts text by language, as an operator's
// does: "a" before "B". A test must not pass only because Postgres happens to
// sort bytes as Go does. A server built without ICU sorts as it can.
func (s *server) createSorted(ctx context.Context, name string) error {
	statement := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'und'"
	_, err := s.admin.Exec(ctx, statement)
	var answer *pgconn.PgError
	if errors.As(err, &answer) && answer.Code == featureNotSupported {
		_, err = s.create(ctx, name, "template0")
	}
	return err
}

func (s *server) template() string { return s.prefix + "template" }

// fromTemplate returns a new migrated database.
func (s *server) fromTemplate(ctx context.Context) (*created, error) {
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	return s.create(ctx, s.next(), s.template())
}

// empty returns a new database without our schema.
func (s *server) empty(ctx context.Context) (*created, error) {
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	return s.create(ctx, s.next(), "template0")
}

func (s *server) next() string {
	return fmt.Sprintf("%s%d", s.prefix, s.count.Add(1))
}

func (s *server) create(ctx context.Context, name, template string) (*created, error) {
	statement := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	if _, err := s.admin.Exec(ctx, statement); err != nil {
		return nil, fmt.Errorf("create database %s: %w", name, err)
	}
	address, err := withDatabase(s.url, name)
	if err != nil {
		return nil, err
	}
	return &created{name: name, url: address}, nil
}

func (s *server) drop(ctx context.Context, name string) error {
	_, err := s.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	if err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// stop removes what start made. It does nothing when no test needed a server.
func (s *server) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	var err error
	if s.admin != nil {
		err = s.drop(ctx, s.template())
		s.admin.Close()
	}
	if s.private != nil {
		err = errors.Join(err, s.private.Stop(ctx))
	}
	return err
}

// withDatabase returns the URL with another database name.
func withDatabase(address, name string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme == "" {
		return "", fmt.Errorf("%s must be a URL like postgres://user@host/name", urlVariable)
	}
	parsed.Path = "/" + name
	return parsed.String(), nil
}
