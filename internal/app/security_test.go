package app_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/auth"
)

func TestSettingsOfSecurityThatAreRefused(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]app.Security{
		"--role-map":      {RoleMap: map[string]string{"staff": "boss"}},
		"--cors-origin":   {Origins: []string{"*"}},
		"--oidc-audience": {OpenID: app.OpenID{Issuer: "https://issuer.example"}},
		"--oidc-issuer":   {OpenID: app.OpenID{KeysURL: "https://issuer.example/keys"}},
		"--oidc-leeway":   {OpenID: app.OpenID{Leeway: -1}},
		`role ""`:         {RoleMap: map[string]string{"": "MANAGER"}},
	} {
		err := (&app.API{Address: "127.0.0.1:0", Security: s}).Validate()
		require.ErrorContains(t, err, want)
		require.Equal(t, err, (&app.API{Address: "127.0.0.1:0", Security: s}).Run(t.Context(), zerolog.Nop()))
	}
}

// Clocks that are to agree exactly do: 0 is no word for the default.
func TestTheLeewayOfClocks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": 30 * time.Second, "--oidc-leeway=0": 0, "--oidc-leeway=90s": 90 * time.Second} {
		var s app.Security
		parser, err := kong.New(&s)
		require.NoError(t, err)
		_, err = parser.Parse(strings.Fields(text + " --oidc-issuer=https://issuer.example --oidc-audience=postlude"))
		require.NoError(t, err)
		require.Equal(t, want, s.Leeway)
		issuer := &issuer{}
		api := &app.API{Address: "127.0.0.1:0", Security: s, NewTokens: issuer.newTokens}
		require.ErrorIs(t, api.Run(t.Context(), zerolog.Nop()), errAsked)
		require.Equal(t, want, issuer.given.Leeway)
	}
}

// issuer keeps with what settings tokens would be proved.
type issuer struct{ given auth.TokenSettings }

var errAsked = errors.New("no tokens in this test")

func (i *issuer) newTokens(given auth.TokenSettings, _ zerolog.Logger) (auth.TokenVerifier, error) {
	i.given = given
	return nil, errAsked
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
