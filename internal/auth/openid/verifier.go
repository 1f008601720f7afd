package openid

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/auth"
)

// verifier proves tokens. It is safe for concurrent use.
type verifier struct {
	tokens     *oidc.IDTokenVerifier
	issuer     string
	audience   string
	keys       *keySet
	known      tokens
	nameClaims []string
	roleClaims []string
	leeway     time.Duration
	now        func() time.Time
	log        zerolog.Logger
}

// signature is what became of a token's signature; the library passes no error of
// the keys on.
type signature struct {
	by   *keys // what proved it, nil if nothing did
	away error // why the keys cannot be had
}

type signatureKey struct{}

// Verify implements [auth.TokenVerifier].
func (v *verifier) Verify(ctx context.Context, token string) (auth.Identity, error) {
	if !isCompact(token) {
		return auth.Identity{}, errForm
	}
	digest := sha256.Sum256([]byte(token))
	var one *proved
	if keys := v.keys.fresh(); keys != nil {
		one = v.known.find(digest, keys)
	}
	if one == nil {
		var err error
		if one, err = v.prove(ctx, token); err != nil {
			return auth.Identity{}, err
		}
		v.known.add(digest, one)
	}
	if reason := one.untimely(v.now(), v.leeway); reason != "" {
		return auth.Identity{}, refusal(reason)
	}
	return one.identity, nil
}

// prove looks at everything but the time.
func (v *verifier) prove(ctx context.Context, token string) (*proved, error) {
	var seen signature
	checked, err := v.tokens.Verify(context.WithValue(ctx, signatureKey{}, &seen), token)
	switch {
	case err == nil:
	case seen.away != nil:
		return nil, &auth.UnavailableError{Err: seen.away}
	case seen.by != nil:
		return nil, errClaims
	default:
		return nil, errForm
	}
	var all claims
	if err := checked.Claims(&all); err != nil {
		return nil, errClaims
	}
	if err := v.check(all); err != nil {
		return nil, err
	}
	one := &proved{
		identity: auth.Identity{Name: all.text(v.nameClaims), Roles: all.texts(v.roleClaims)},
		keys:     seen.by,
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		if all[name] == nil {
			continue
		}
		at, ok := all.time(name)
		switch {
		case !ok:
			return nil, errClaims
		case name == "exp":
			one.expires = at
		case at.After(one.from):
			one.from = at
		}
	}
	return one, nil
}

// check says why a token that the provider has signed is not for us. What it says
// is logged: the settings of the provider, or ours, may be wrong.
func (v *verifier) check(all claims) error {
	issuer, audience := all.text([]string{"iss"}), all.texts([]string{"aud"})
	var refused error
	switch {
	case issuer != v.issuer:
		refused = refusal("the token is of another issuer")
	case !slices.Contains(audience, v.audience):
		refused = refusal("the token is for another audience")
	case endsSession(all):
		refused = refusal("the token ends a session, and gives no access")
	default:
		return nil
	}
	v.log.Info().Err(refused).Str("issuer", short(issuer)).Str("audience", short(strings.Join(audience, " "))).Msg("token refused")
	return refused
}

// short cuts a text for the log.
func short(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

var (
	errForm   = refusal("the token is not signed by the provider, in a way that is accepted")
	errClaims = refusal("the claims of the token cannot be read")
)

func refusal(reason string) error {
	return &auth.RefusedError{Scheme: "Bearer", Reason: reason}
}
