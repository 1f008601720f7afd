package openid_test

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/auth/openid"
)

// Keys take a while to make, so the tests share two.
var firstKey, otherKey = sync.OnceValue(newKey), sync.OnceValue(newKey)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// provider signs tokens and publishes its keys.
type provider struct {
	*httptest.Server
	key     *rsa.PrivateKey
	fetches atomic.Int64

	mu     sync.Mutex
	keys   []jose.JSONWebKey
	issuer string // what it calls itself
	keysAt string // where it says its keys are; "" for where they are
	status int    // of all answers; 0 for 200
	body   string // of the keys; "" for the keys
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key := firstKey()
	p := &provider{key: key, keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "one", Algorithm: "RS256", Use: "sig"}}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, `{"issuer":"`+p.issuer+`","jwks_uri":"`+cmp.Or(p.keysAt, p.URL+"/keys")+`"}`)
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		p.fetches.Add(1)
		p.mu.Lock()
		set, err := json.Marshal(jose.JSONWebKeySet{Keys: p.keys})
		text := p.body
		p.mu.Unlock()
		if text == "" {
			text = string(set)
		}
		if err == nil {
			p.answer(w, text)
		}
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	p.issuer = p.URL
	return p
}

func (p *provider) answer(w http.ResponseWriter, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status != 0 {
		w.WriteHeader(p.status)
	}
	fmt.Fprint(w, text)
}

func (p *provider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// begin is when the tests begin, by the clock that they move.
func begin() time.Time { return time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC) }

// clock is moved, not waited for.
type clock struct{ moved atomic.Int64 }

func (c *clock) now() time.Time          { return begin().Add(time.Duration(c.moved.Load())) }
func (c *clock) advance(d time.Duration) { c.moved.Add(int64(d)) }

// checked is a provider, what checks its tokens, and a clock for both.
type checked struct {
	*provider
	clock
	tokens auth.TokenVerifier
	log    bytes.Buffer
}

func check(t *testing.T, change ...func(*auth.TokenSettings)) *checked {
	t.Helper()
	c := &checked{provider: newProvider(t)}
	settings := auth.TokenSettings{Issuer: c.URL, Audience: "postlude", Leeway: 30 * time.Second, Now: c.now}
	for _, do := range change {
		do(&settings)
	}
	var err error
	c.tokens, err = openid.New(settings, zerolog.New(&c.log))
	require.NoError(t, err)
	return c
}

// claims are those of a token that is good for an hour.
func (c *checked) claims(more map[string]any) map[string]any {
	all := map[string]any{
		"iss": c.URL, "aud": "postlude", "sub": "4711", "preferred_username": "anna",
		"iat": c.now().Unix(), "exp": c.now().Add(time.Hour).Unix(),
	}
	for name, value := range more {
		if value == nil {
			delete(all, name)
		} else {
			all[name] = value
		}
	}
	return all
}

// signed is how a token is signed.
type signed struct {
	algorithm jose.SignatureAlgorithm
	key       any
	id        string
	kind      string // JWT if empty
}

func (c *checked) token(t *testing.T, how signed, claims map[string]any) string {
	t.Helper()
	if how.algorithm == "" {
		how.algorithm = jose.RS256
	}
	if how.key == nil {
		how.key = c.key
	}
	options := new(jose.SignerOptions).WithType(jose.ContentType(cmp.Or(how.kind, "JWT")))
	if how.id != "" {
		options.WithHeader("kid", how.id)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: how.algorithm, Key: how.key}, options)
	require.NoError(t, err)
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	made, err := signer.Sign(payload)
	require.NoError(t, err)
	token, err := made.CompactSerialize()
	require.NoError(t, err)
	return token
}

// good is a token that is accepted.
func (c *checked) good(t *testing.T) string {
	t.Helper()
	return c.token(t, signed{id: "one"}, c.claims(nil))
}

func (c *checked) requireAccepted(t *testing.T, token string) auth.Identity {
	t.Helper()
	id, err := c.tokens.Verify(t.Context(), token)
	require.NoError(t, err)
	return id
}

func (c *checked) requireRefused(t *testing.T, token, reason string) {
	t.Helper()
	_, err := c.tokens.Verify(t.Context(), token)
	var refused *auth.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "Bearer", refused.Scheme)
	require.Contains(t, refused.Reason, reason)
	if token != "" {
		require.NotContains(t, c.log.String(), token)
	}
}

func (c *checked) requireAway(t *testing.T, token string) {
	t.Helper()
	_, err := c.tokens.Verify(t.Context(), token)
	var away *auth.UnavailableError
	require.ErrorAs(t, err, &away)
	require.NotContains(t, err.Error(), token)
}

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

// newSlow is a server that answers when it is told to stop.
func newSlow(t *testing.T, stop <-chan struct{}) (address string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	t.Cleanup(s.Close)
	return s.URL
}
