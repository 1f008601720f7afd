package demo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWithDatabase(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"postgres://u:p@h:5432/production?sslmode=disable": "postgres://u:p@h:5432/mine?sslmode=disable",
		"postgresql://h": "postgresql://h/mine",
		"postgres://h/x?search_path=tenant&dbname=y&sslmode=prefer": "postgres://h/mine?sslmode=prefer",
		"host=h dbname=production":                                  "host=h dbname=production dbname=mine",
	} {
		got, err := withDatabase(given, "mine")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestWithDatabaseKeepsThePassword(t *testing.T) {
	t.Parallel()
	_, err := withDatabase("postgres://u:secret@h:not a port/x", "mine")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
}
