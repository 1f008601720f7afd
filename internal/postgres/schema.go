package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

var (
	// ErrSchemaOutdated means that migrations of this program are not applied.
	ErrSchemaOutdated = errors.New("database schema is older than this program")

	// ErrSchemaNewer means that a later release has migrated the database. A
	// program may go on with it while that release is rolled out: migrations
	// add first and remove one release later.
	ErrSchemaNewer = errors.New("database schema is newer than this program")
)

// SchemaError says which versions do not match. It is ErrSchemaOutdated or
// ErrSchemaNewer.
type SchemaError struct {
	Have int64 // version of the database, 0 when it was never migrated
	Need int64 // version of this program
}

func (e *SchemaError) Error() string {
	if e.Have > e.Need {
		return fmt.Sprintf("the database schema is at version %d, this program knows %d: install the newer release", e.Have, e.Need)
	}
	return fmt.Sprintf("the database schema is at version %d, this program needs %d: run `postlude migrate`", e.Have, e.Need)
}

// Is makes errors.Is find the sentinel.
func (e *SchemaError) Is(target error) bool {
	if e.Have > e.Need {
		return target == ErrSchemaNewer
	}
	return target == ErrSchemaOutdated
}

// Queryer is what CheckSchema needs of a pool, a connection or a transaction.
type Queryer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// CheckSchema compares the schema with the one this program needs. It returns a
// *SchemaError when they differ, and changes nothing.
func CheckSchema(ctx context.Context, db Queryer) error {
	need, err := latestVersion(migrations())
	if err != nil {
		return fmt.Errorf("check schema: %w", err)
	}
	return checkSchema(ctx, db, need)
}

func checkSchema(ctx context.Context, db Queryer, need int64) error {
	const query = `
		SELECT coalesce(max(version_id), 0)
		  FROM postlude_migration
		 WHERE is_applied`
	var have int64
	err := db.QueryRow(ctx, query).Scan(&have)
	if err != nil && sqlState(err) != undefinedTable {
		return fmt.Errorf("check schema: %w", err)
	}
	if have != need {
		return &SchemaError{Have: have, Need: need}
	}
	return nil
}
