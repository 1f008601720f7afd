package auth

import (
	"context"
	"net/http"
	"strings"
)

// Schemes of the header Authorization.
const (
	schemeBasic  = "Basic"
	schemeBearer = "Bearer"
)

// maxBasic bounds name and password together, in bytes.
const maxBasic = 1024

// TokenVerifier proves who a token is from.
type TokenVerifier interface {
	// Verify returns who the token proves somebody to be. The error is a
	// [*RefusedError] or an [*UnavailableError].
	Verify(ctx context.Context, token string) (Identity, error)
}

// Authenticator says who makes a request. At least one of Passwords and Tokens is
// set. It is safe for concurrent use.
type Authenticator struct {
	Passwords *Passwords
	Tokens    TokenVerifier
	Roles     Roles
}

// Authenticate returns the caller of a request. The error is [ErrNoCredentials],
// [ErrBusy], a [*RefusedError], an [*UnavailableError], or that of the request's
// context.
func (a *Authenticator) Authenticate(r *http.Request) (Caller, error) {
	headers := r.Header.Values("Authorization")
	switch len(headers) {
	case 0:
		return Caller{}, ErrNoCredentials
	case 1:
	default:
		return Caller{}, &RefusedError{Reason: "the header Authorization is there more than once"}
	}
	scheme, rest, _ := strings.Cut(headers[0], " ")
	switch {
	case a.Passwords != nil && strings.EqualFold(scheme, schemeBasic):
		return a.basic(r)
	case a.Tokens != nil && strings.EqualFold(scheme, schemeBearer):
		return a.bearer(r.Context(), strings.TrimSpace(rest))
	}
	return Caller{}, &RefusedError{Reason: "credentials of this kind are not accepted"}
}

func (a *Authenticator) basic(r *http.Request) (Caller, error) {
	name, password, ok := r.BasicAuth()
	if !ok || len(name)+len(password) > maxBasic {
		return Caller{}, &RefusedError{Scheme: schemeBasic, Reason: "the credentials cannot be read"}
	}
	return a.Passwords.Verify(r.Context(), name, password)
}

func (a *Authenticator) bearer(ctx context.Context, token string) (Caller, error) {
	if token == "" {
		return Caller{}, &RefusedError{Scheme: schemeBearer, Reason: "the token is missing"}
	}
	id, err := a.Tokens.Verify(ctx, token)
	if err != nil {
		return Caller{}, err
	}
	caller, err := a.Roles.Caller(id)
	if err != nil {
		return Caller{}, &RefusedError{Scheme: schemeBearer, Reason: err.Error()}
	}
	return caller, nil
}

// Challenges are the values of the header WWW-Authenticate for a request that is
// refused.
func (a *Authenticator) Challenges(refused *RefusedError) []string {
	var challenges []string
	if a.Passwords != nil {
		challenges = append(challenges, `Basic realm="postlude", charset="UTF-8"`)
	}
	if a.Tokens != nil {
		challenge := `Bearer realm="postlude"`
		if refused != nil && refused.Scheme == schemeBearer {
			challenge += `, error="invalid_token"`
		}
		challenges = append(challenges, challenge)
	}
	return challenges
}
