package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/rest"
)

// Security are the flags of who may use the API.
type Security struct {
	Open        bool              `name:"open" env:"POSTLUDE_API_OPEN" help:"Serve to other machines, under any host name, without authentication: who reaches the API may do everything. It changes nothing where there are users or an issuer."`
	Users       string            `name:"users" env:"POSTLUDE_API_USERS" placeholder:"FILE" help:"Users for HTTP Basic, lines name:bcrypt-hash:role,role as postlude user hash makes them; read again when the file changes."`
	RoleMap     map[string]string `name:"role-map" env:"POSTLUDE_API_ROLE_MAP" mapsep:"," placeholder:"ROLE=LEVEL" help:"Access levels of roles: NOACCESS, READER, AUTHOR, EDITOR, MANAGER. Imixs' roles have theirs."`
	TopicAccess string            `name:"topic-access" env:"POSTLUDE_API_TOPIC_ACCESS" placeholder:"FILE" help:"Who may do what with which topics of the event log; read again when the file changes."`
	Origins     []string          `name:"cors-origin" env:"POSTLUDE_API_CORS_ORIGIN" placeholder:"ORIGIN" help:"Sites whose pages may use the API, exactly as https://host:port; none by default."`
	AccessLog   string            `name:"access-log" env:"POSTLUDE_API_ACCESS_LOG" enum:"off,changes,all" default:"changes" help:"Which requests are logged, with their caller: ${enum}."`
	OpenID      `prefix:"oidc-"`
}

// OpenID are the flags of tokens.
type OpenID struct {
	Issuer     string        `name:"issuer" env:"POSTLUDE_OIDC_ISSUER" placeholder:"URL" help:"Accept tokens of this OpenID Connect provider, as Bearer."`
	Audience   string        `name:"audience" env:"POSTLUDE_OIDC_AUDIENCE" placeholder:"NAME" help:"What tokens must be for; required with an issuer."`
	KeysURL    string        `name:"jwks-url" env:"POSTLUDE_OIDC_JWKS_URL" placeholder:"URL" help:"Where the provider's keys are; without it the provider is asked."`
	NameClaim  []string      `name:"name-claim" env:"POSTLUDE_OIDC_NAME_CLAIM" placeholder:"CLAIM" help:"Where the name of the caller is; the first that is there (default preferred_username,sub)."`
	RoleClaim  []string      `name:"role-claim" env:"POSTLUDE_OIDC_ROLE_CLAIM" placeholder:"CLAIM" help:"Where its roles and groups are; all that are there (default realm_access.roles,roles,groups)."`
	Algorithms []string      `name:"algorithm" env:"POSTLUDE_OIDC_ALGORITHM" placeholder:"NAME" help:"What tokens may be signed by, as RS256; all that are safe by default."`
	Leeway     time.Duration `name:"leeway" env:"POSTLUDE_OIDC_LEEWAY" default:"30s" help:"How far the clocks of the provider and of this machine may differ."`
}

// NewTokens makes what proves tokens, as openid.New does.
type NewTokens func(auth.TokenSettings, zerolog.Logger) (auth.TokenVerifier, error)

// Validate implements kong's hook.
func (s *Security) Validate() error {
	if _, err := auth.NewRoles(s.RoleMap); err != nil {
		return fmt.Errorf("--role-map: %w", err)
	}
	for _, origin := range s.Origins {
		if err := rest.CheckOrigin(origin); err != nil {
			return fmt.Errorf("--cors-origin: %w", err)
		}
	}
	switch {
	case (s.Issuer == "") != (s.Audience == ""):
		return errors.New("--oidc-issuer and --oidc-audience go together: a token for somebody else must not do here")
	case s.Issuer == "" && s.KeysURL != "":
		return errors.New("--oidc-jwks-url needs --oidc-issuer")
	case s.Leeway < 0:
		return errors.New("--oidc-leeway must not be negative")
	}
	return nil
}

// authenticates says whether callers are asked who they are.
func (s *Security) authenticates() bool { return s.Users != "" || s.Issuer != "" }

// checkAddress refuses to serve strangers who are not asked who they are, unless
// that is wanted.
func (s *Security) checkAddress(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the address %q is not host:port", address)
	}
	if s.Open || s.authenticates() || isLoopback(host) {
		return nil
	}
	return fmt.Errorf("the address %s can be reached by other machines and there is no authentication: "+
		"set --users or --oidc-issuer (POSTLUDE_API_USERS, POSTLUDE_OIDC_ISSUER), use 127.0.0.1 or [::1], "+
		"or let everybody do everything with --open (POSTLUDE_API_OPEN=true)", address)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// rest makes what the API needs to know of it. The error is that of a file or of a
// setting.
func (s *Security) rest(tokens NewTokens, log zerolog.Logger) (rest.Security, error) {
	made := rest.Security{Origins: s.Origins, AccessLog: rest.AccessLog(s.AccessLog)}
	if s.TopicAccess != "" {
		topics, err := auth.NewTopicFile(s.TopicAccess, 0, log)
		if err != nil {
			return made, err
		}
		made.Topics = topics
	}
	if !s.authenticates() {
		return made, nil
	}
	authenticator, err := s.authenticator(tokens, log)
	if err != nil {
		return made, err
	}
	made.Authenticator = authenticator
	return made, nil
}

// errNoTokens is the error of a program that was built without them.
var errNoTokens = errors.New("this program accepts no tokens: --oidc-issuer is for workflow-api")

func (s *Security) authenticator(tokens NewTokens, log zerolog.Logger) (*auth.Authenticator, error) {
	roles, err := auth.NewRoles(s.RoleMap)
	if err != nil {
		return nil, err
	}
	a := &auth.Authenticator{Roles: roles}
	if s.Users != "" {
		if a.Passwords, err = auth.NewPasswords(auth.PasswordsConfig{File: s.Users, Roles: roles, Log: log}); err != nil {
			return nil, err
		}
	}
	if s.Issuer != "" {
		if tokens == nil {
			return nil, errNoTokens
		}
		if a.Tokens, err = tokens(s.settings(), log); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (o OpenID) settings() auth.TokenSettings {
	return auth.TokenSettings{
		Issuer: o.Issuer, Audience: o.Audience, KeysURL: o.KeysURL,
		NameClaims: o.NameClaim, RoleClaims: o.RoleClaim, Algorithms: o.Algorithms, Leeway: o.Leeway,
	}
}

// tell says at the start who may use the API, and what about that is not safe.
func (s *Security) tell(address string, encrypted bool, log zerolog.Logger) {
	host, _, _ := net.SplitHostPort(address)
	switch local := isLoopback(host); {
	case s.authenticates():
		log.Info().Bool("users", s.Users != "").Str("issuer", s.Issuer).Msg("authentication required")
		if s.Open {
			log.Warn().Msg("--open ignored: there is authentication")
		}
		if !local && !encrypted {
			log.Warn().Msg("credentials not encrypted: set --tls-cert and --tls-key, or put a proxy with TLS in front")
		}
	case s.Open:
		log.Warn().Str("caller", auth.Anonymous).Str("access", auth.Manager.String()).
			Msg("api opened to everybody who reaches it, without authentication")
	default:
		log.Info().Str("caller", auth.Anonymous).Str("access", auth.Manager.String()).
			Msg("no authentication: the api serves this machine only")
	}
	for _, address := range []string{s.Issuer, s.KeysURL} {
		if u, err := url.Parse(address); err == nil && strings.EqualFold(u.Scheme, "http") && !isLoopback(u.Hostname()) {
			log.Warn().Str("issuer", address).Msg("keys of tokens not fetched by https: who is in between can forge tokens")
		}
	}
}
