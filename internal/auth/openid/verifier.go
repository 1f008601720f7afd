package openid

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/auth"
)

// verifier proves tokens. It is safe for concurrent use.
type verifier struct {
	tokens     *oidc.IDTokenVerifier
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
		// The error names the issuer and the audiences, of a token that the provider
		// has signed.
		v.log.Info().Err(err).Msg("token refused")
		return nil, refusal("the token is of another issuer or for another audience")
	default:
		return nil, refusal("the token is not signed by the provider, in a way that is accepted")
	}
	var all claims
	if err := checked.Claims(&all); err != nil {
		return nil, refusal("the claims of the token cannot be read")
	}
	one := &proved{
		identity: auth.Identity{Name: all.text(v.nameClaims), Roles: all.texts(v.roleClaims)},
		keys:     seen.by,
	}
	one.expires, _ = all.time("exp")
	for _, name := range []string{"nbf", "iat"} {
		if all[name] == nil {
			continue
		}
		from, ok := all.time(name)
		if !ok {
			return nil, refusal("the claims of the token cannot be read")
		}
		if from.After(one.from) {
			one.from = from
		}
	}
	return one, nil
}

func refusal(reason string) error {
	return &auth.RefusedError{Scheme: "Bearer", Reason: reason}
}
