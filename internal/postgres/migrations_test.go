package postgres_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgres"
)

func TestEmbeddedMigrationsFollowTheRules(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(postgres.Embedded(), "*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content, err := fs.ReadFile(postgres.Embedded(), name)
			require.NoError(t, err)
			text := string(content)

			require.True(t, strings.HasPrefix(name, fmt.Sprintf("%05d_", i+1)), "numbers have no gap")
			require.True(t, strings.HasPrefix(text, "-- +goose "), "starts with its annotation")
			require.NotContains(t, text, "+goose Down", "forward only")
			require.NotRegexp(t, `(?i)\bpublic\.`, text, "names carry no schema")
		})
	}
}
