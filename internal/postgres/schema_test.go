package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/postgrestest"
)

func TestCheckSchema(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)

	err := postgres.CheckVersion(t.Context(), db.Pool, 2)
	require.ErrorIs(t, err, postgres.ErrSchemaOutdated)
	require.EqualError(t, err, "the database schema is at version 0, this program needs 2: run `postlude migrate`")

	mustMigrate(t, db.URL, files(`SELECT 1;`, `SELECT 2;`))
	require.NoError(t, postgres.CheckVersion(t.Context(), db.Pool, 2))

	err = postgres.CheckVersion(t.Context(), db.Pool, 1)
	require.ErrorIs(t, err, postgres.ErrSchemaNewer)
	require.NotErrorIs(t, err, postgres.ErrSchemaOutdated)
	var mismatch *postgres.SchemaError
	require.ErrorAs(t, err, &mismatch)
	require.Equal(t, postgres.SchemaError{Have: 2, Need: 1}, *mismatch)
}

func TestCheckSchemaOfMigratedDatabase(t *testing.T) {
	t.Parallel()
	require.NoError(t, postgres.CheckSchema(t.Context(), postgrestest.New(t).Pool))
}

func TestCheckSchemaReportsOtherErrors(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	exec(t, db.Pool, `CREATE TABLE postlude_migration (is_applied boolean)`)

	err := postgres.CheckSchema(t.Context(), db.Pool)

	require.ErrorContains(t, err, "check schema: ")
	require.NotErrorIs(t, err, postgres.ErrSchemaOutdated)
}
