package auth_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/auth"
)

// What a request costs whose password has been right a moment ago.
func BenchmarkAuthenticate(b *testing.B) {
	path := filepath.Join(b.TempDir(), "users")
	require.NoError(b, os.WriteFile(path, []byte("anna:"+horseHash), 0o600))
	roles, err := auth.NewRoles(nil)
	require.NoError(b, err)
	passwords, err := auth.NewPasswords(auth.PasswordsConfig{File: path, Roles: roles})
	require.NoError(b, err)
	a := &auth.Authenticator{Passwords: passwords, Roles: roles}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", http.NoBody)
	r.SetBasicAuth("anna", horse)
	for b.Loop() {
		if _, err := a.Authenticate(r); err != nil {
			b.Fatal(err)
		}
	}
}
