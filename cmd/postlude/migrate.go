package main

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/postgres"
)

type migrateCommand struct {
	database
}

// Run implements the command.
func (c *migrateCommand) Run(ctx context.Context, std streams) error {
	if err := c.require(); err != nil {
		return err
	}
	applied, err := postgres.Migrate(ctx, c.URL, zerolog.New(zerolog.ConsoleWriter{
		Out: std.out, NoColor: true, PartsExclude: []string{zerolog.TimestampFieldName, zerolog.LevelFieldName},
	}))
	if err != nil {
		return err
	}
	if applied == 0 {
		fmt.Fprintln(std.out, "the schema is up to date, nothing applied")
		return nil
	}
	fmt.Fprintf(std.out, "%s applied\n", count(applied, "migration"))
	return nil
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
