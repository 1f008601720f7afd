package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/app"
)

func TestSettingsOfSecurityThatAreRefused(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]app.Security{
		"--role-map":      {RoleMap: map[string]string{"staff": "boss"}},
		"--cors-origin":   {Origins: []string{"*"}},
		"--oidc-audience": {OpenID: app.OpenID{Issuer: "https://issuer.example"}},
		"--oidc-issuer":   {OpenID: app.OpenID{KeysURL: "https://issuer.example/keys"}},
	} {
		err := (&app.API{Address: "127.0.0.1:0", Security: s}).Validate()
		require.ErrorContains(t, err, want)
		require.Equal(t, err, (&app.API{Address: "127.0.0.1:0", Security: s}).Run(t.Context(), zerolog.Nop()))
	}
}

func TestAnAPIWithUsersMayBeReached(t *testing.T) {
	t.Parallel()
	for _, s := range []app.Security{
		{Users: "users"}, {OpenID: app.OpenID{Issuer: "https://issuer.example", Audience: "postlude"}},
	} {
		require.NoError(t, (&app.API{Address: ":8080", Security: s}).Validate())
	}
}

// Nothing is opened before the files have been read.
func TestAnAPIDoesNotStartWithFilesThatAreWrong(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("anna:plain text"), 0o600))
	for want, s := range map[string]app.Security{
		path + ":1: the second field is no bcrypt hash": {Users: path},
		path + ":1: the line is not: pattern":           {TopicAccess: path},
		"no such file":                                  {Users: path + ".none"},
		"accepts no tokens":                             {OpenID: app.OpenID{Issuer: "https://issuer.example", Audience: "postlude"}},
	} {
		err := (&app.API{Address: "127.0.0.1:0", Security: s}).Run(t.Context(), zerolog.Nop())
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "plain text:")
	}
}

func TestTheStartSaysWhoMayUseTheAPI(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	users := filepath.Join(t.TempDir(), "users")
	require.NoError(t, os.WriteFile(users, []byte("anna:$2a$10$"+strings.Repeat("a", 53)), 0o600))
	for want, security := range map[string]app.Security{
		"no authentication: the api serves this machine only": {},
		"--open ignored": {Open: true, Users: users},
		`"level":"warn","program":"workflow-api","caller":"anonymous","access":"MANAGERACCESS"`: {Open: true},
	} {
		var log bytes.Buffer
		api := &app.API{AsyncEvent: s.async, Security: security}
		_, stop := s.startAPIWith(t, api, zerolog.New(&log))
		stop()
		require.Contains(t, log.String(), want)
	}
}
