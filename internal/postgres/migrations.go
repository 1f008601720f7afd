package postgres

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// versionTable records what was applied. The tool's own default name would
// collide with the table of an application that shares the schema.
const versionTable = "postlude_migration"

//go:embed migrations
var embedded embed.FS

// migrations returns the embedded migration files.
func migrations() fs.FS {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // an invalid constant
	}
	return files
}

// latestVersion returns the number of the newest migration in files, 0 for none.
func latestVersion(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	var latest int64
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		latest = max(latest, version)
	}
	return latest, nil
}
