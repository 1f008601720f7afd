package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/rs/zerolog"
)

// Migrate brings the schema to the version this program needs and returns how
// many migrations it applied. The schema is the first of the search_path in url.
//
// Any number of processes may call it at once: one migrates, the others wait
// and find nothing left to do. When it fails, the migrations before the failed
// one stay applied, and the next call continues with it.
func Migrate(ctx context.Context, url string, log zerolog.Logger) (int, error) {
	applied, err := migrate(ctx, url, migrations(), log)
	if err != nil {
		return applied, fmt.Errorf("migrate: %w", err)
	}
	return applied, nil
}

func migrate(ctx context.Context, url string, files fs.FS, log zerolog.Logger) (_ int, err error) {
	if url == "" {
		return 0, ErrNoURL
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return 0, err
	}
	Config{ApplicationName: "postlude migrate", StatementTimeout: -1, LockTimeout: -1, IdleInTransactionTimeout: -1}.apply(&config.Config)

	// Statements prepared by name do not survive a pooler.
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol

	lock, err := takeMigrationLock(ctx, config)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, lock.release(ctx)) }()

	lock.disableTimeouts(config.RuntimeParams)
	return applyAll(ctx, config, files, log)
}

// applyAll runs what is pending. The caller holds the migration lock.
func applyAll(ctx context.Context, config *pgx.ConnConfig, files fs.FS, log zerolog.Logger) (_ int, err error) {
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()

	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithTableName(versionTable),
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()))
	if errors.Is(err, goose.ErrNoMigrations) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return up(ctx, provider, log)
}

func up(ctx context.Context, provider *goose.Provider, log zerolog.Logger) (int, error) {
	results, err := provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
		err = fmt.Errorf("%s: %w", path.Base(partial.Failed.Source.Path), partial.Err)
	}
	for _, result := range results {
		log.Info().
			Int64("version", result.Source.Version).
			Str("file", path.Base(result.Source.Path)).
			Dur("duration", result.Duration).
			Msg("migration applied")
	}
	return len(results), err
}
