package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/auth"
)

// What is printed is a user file, in which the password is not.
func TestUserHash(t *testing.T) {
	t.Parallel()
	const password = "correct horse"
	for _, ending := range []string{"", "\n", "\r\n", "\nmore\n"} {
		line := succeed(t, password+ending, "user", "hash", "--cost", "10", "--level", "editor", "--role", "shop", "--role", "big team", "anna")
		require.Equal(t, 1, strings.Count(line, "\n"))
		require.NotContains(t, line, password)
		path := filepath.Join(t.TempDir(), "users")
		require.NoError(t, os.WriteFile(path, []byte(line), 0o600))
		roles, err := auth.NewRoles(nil)
		require.NoError(t, err)
		users, err := auth.NewPasswords(auth.PasswordsConfig{File: path, Roles: roles})
		require.NoError(t, err)
		caller, err := users.Verify(t.Context(), "anna", password)
		require.NoError(t, err)
		require.Equal(t, auth.Caller{Name: "anna", Level: auth.Editor, Names: []string{"anna", auth.Editor.Role(), "shop", "big team"}}, caller)
	}
	require.Regexp(t, `^anna:\$2a\$12\$.{53}:\n$`, succeed(t, password, "user", "hash", "anna"))
}

func TestUserHashRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		password string
		args     []string
		status   int
		want     string
	}{
		{"correct horse", []string{"a:b"}, 2, "must not contain ':'"},
		{"correct horse", []string{"#a"}, 2, "'#'"},
		{"correct horse", []string{"anonymous"}, 2, "is reserved"},
		{"correct horse", []string{"--level", "god", "anna"}, 2, "is no access level"},
		{"correct horse", []string{"an\u200bna"}, 2, "cannot be seen"},
		{"correct horse", []string{"--role", "a:b", "anna"}, 2, "must not contain ':'"},
		{"correct horse", []string{"--role", "a,,b", "anna"}, 2, "the role is missing"},
		{"correct horse", []string{"--role", " a", "anna"}, 2, "with a space"},
		{"correct horse", []string{"--role", "x\ty", "anna"}, 2, "cannot be seen"},
		{"correct horse", []string{"--role", "x\ny", "anna"}, 2, "cannot be seen"},
		{"correct horse", []string{"--role", "a #b", "anna"}, 2, "a comment"},
		{"correct\x00horse", []string{"anna"}, 1, "the character NUL"},
		{"correct horse", []string{"--cost", "9", "anna"}, 1, "the cost must be 10 to 16"},
		{"correct horse", []string{"anna", "my password"}, 2, "unexpected argument"},
		{"", []string{"anna"}, 1, "at least 8 characters"},
		{strings.Repeat("x", 73), []string{"anna"}, 1, "may have 72 bytes"},
	} {
		got := call(t, tt.password, append([]string{"user", "hash"}, tt.args...)...)
		require.Equal(t, tt.status, got.status, got.err)
		require.Contains(t, got.err, tt.want)
		require.Empty(t, got.out)
		requireOneLine(t, got)
	}
}
