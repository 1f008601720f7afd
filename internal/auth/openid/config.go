package openid

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/auth"
)

// New returns what proves tokens. It does not speak to the provider yet: one that
// is away keeps no program from starting. The error says what is wrong with the
// settings.
func New(s auth.TokenSettings, log zerolog.Logger) (auth.TokenVerifier, error) {
	if s.Audience == "" {
		return nil, errors.New("the audience of tokens is missing")
	}
	if err := checkAddress(s.Issuer); err != nil {
		return nil, fmt.Errorf("issuer of tokens: %w", err)
	}
	if s.KeysURL != "" {
		if err := checkAddress(s.KeysURL); err != nil {
			return nil, fmt.Errorf("keys of tokens: %w", err)
		}
	}
	if s.Leeway < 0 {
		return nil, errors.New("the leeway of clocks is negative")
	}
	algorithms, err := algorithmsOf(s.Algorithms)
	if err != nil {
		return nil, err
	}
	now := s.Now
	if now == nil {
		now = time.Now
	}
	keys := &keySet{
		source: &source{
			issuer: s.Issuer, address: s.KeysURL, client: &http.Client{CheckRedirect: followed},
			timeout: cmp.Or(s.Timeout, auth.DefaultTokenTimeout),
		},
		algorithms: algorithms, now: now, log: log,
	}
	return &verifier{
		// The claims are checked here, the times with the leeway that is set: the
		// library does not say which of them is wrong, nor whether it can read them.
		tokens: oidc.NewVerifier(s.Issuer, keys, &oidc.Config{
			SupportedSigningAlgs: names(algorithms), SkipIssuerCheck: true, SkipClientIDCheck: true, SkipExpiryCheck: true,
		}),
		issuer:     s.Issuer,
		audience:   s.Audience,
		keys:       keys,
		nameClaims: listOr(s.NameClaims, auth.DefaultNameClaims()),
		roleClaims: listOr(s.RoleClaims, auth.DefaultRoleClaims()),
		leeway:     s.Leeway,
		now:        now,
		log:        log.Sample(&zerolog.BurstSampler{Burst: refusalsPerSecond, Period: time.Second}),
	}, nil
}

// refusalsPerSecond bounds the lines about tokens that are refused.
const refusalsPerSecond = 20

func listOr(list, otherwise []string) []string {
	if len(list) > 0 {
		return list
	}
	return otherwise
}

func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("this is no http or https URL without a password")
	}
	return nil
}

// followed refuses redirects that go on and on, or from https to http.
func followed(request *http.Request, via []*http.Request) error {
	if len(via) > 3 || via[0].URL.Scheme == "https" && request.URL.Scheme != "https" {
		return errors.New("the redirect is not followed")
	}
	return nil
}

// secure are the algorithms that can be allowed: with none of them the key that
// proves a token could make one.
func secure() []string {
	return []string{
		oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
		oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
	}
}

func algorithmsOf(wanted []string) ([]algorithm, error) {
	if len(wanted) == 0 {
		wanted = secure()
	}
	list := make([]algorithm, len(wanted))
	for i, name := range wanted {
		if !slices.Contains(secure(), name) {
			return nil, fmt.Errorf("tokens cannot be signed by the algorithm %q; possible are %v", name, secure())
		}
		list[i] = algorithm(name)
	}
	return list, nil
}

func names(list []algorithm) []string {
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = string(one)
	}
	return texts
}
