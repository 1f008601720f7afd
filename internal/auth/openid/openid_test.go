package openid_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/auth/openid"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(int) { http.DefaultClient.CloseIdleConnections() }))
}

func TestATokenSaysWhoItIsFrom(t *testing.T) {
	t.Parallel()
	c := check(t)
	for name, tt := range map[string]struct {
		claims map[string]any
		name   string
		roles  []string
	}{
		"Keycloak":          {map[string]any{"realm_access": map[string]any{"roles": []string{"a", "b"}}}, "anna", []string{"a", "b"}},
		"roles and groups":  {map[string]any{"roles": "one", "groups": []any{"/team", 7, "x"}}, "anna", []string{"one", "/team", "x"}},
		"no name":           {map[string]any{"preferred_username": nil}, "4711", nil},
		"empty name":        {map[string]any{"preferred_username": " "}, "4711", nil},
		"name of a kind":    {map[string]any{"preferred_username": []string{"x"}}, "4711", nil},
		"several audiences": {map[string]any{"aud": []string{"x", "postlude"}}, "anna", nil},
		"roles of a kind":   {map[string]any{"realm_access": "roles", "roles": map[string]any{"a": 1}, "groups": true}, "anna", nil},
		"nobody at all":     {map[string]any{"preferred_username": nil, "sub": nil}, "", nil},
	} {
		id := c.requireAccepted(t, c.token(t, signed{id: "one"}, c.claims(tt.claims)))
		require.Equal(t, auth.Identity{Name: tt.name, Roles: tt.roles}, id, name)
	}
	require.EqualValues(t, 1, c.fetches.Load(), "keys are kept")
}

func TestClaimsAreWhereTheSettingsSay(t *testing.T) {
	t.Parallel()
	c := check(t, func(s *auth.TokenSettings) {
		s.NameClaims, s.RoleClaims = []string{"person.mail"}, []string{"https://example.org/roles", "app.roles.list"}
	})
	id := c.requireAccepted(t, c.token(t, signed{id: "one"}, c.claims(map[string]any{
		"person": map[string]any{"mail": "anna@example.org"}, "https://example.org/roles": []string{"a"},
		"app": map[string]any{"roles.list": []string{"b"}}, "roles": []string{"c"},
	})))
	require.Equal(t, auth.Identity{Name: "anna@example.org", Roles: []string{"a", "b"}}, id)
}

func TestClaimsThatAreRefused(t *testing.T) {
	t.Parallel()
	c := check(t)
	at := func(d time.Duration) int64 { return begin().Add(d).Unix() }
	for name, tt := range map[string]struct {
		claims map[string]any
		reason string
	}{
		"expired":              {map[string]any{"exp": at(-30 * time.Second)}, "has expired"},
		"expires never":        {map[string]any{"exp": nil}, "when it expires"},
		"expires as a text":    {map[string]any{"exp": "2100-01-01"}, "cannot be read"},
		"expires as digits":    {map[string]any{"exp": "9999999999"}, "cannot be read"},
		"expired before 1970":  {map[string]any{"exp": -1}, "cannot be read"},
		"begins as a text":     {map[string]any{"nbf": "2000-01-01"}, "cannot be read"},
		"begins as a list":     {map[string]any{"nbf": []int{1}}, "cannot be read"},
		"a number for a name":  {map[string]any{"sub": 7}, "cannot be read"},
		"expires endlessly":    {map[string]any{"exp": 1e300}, ""},
		"not yet":              {map[string]any{"nbf": at(time.Minute)}, "not valid yet"},
		"of tomorrow":          {map[string]any{"iat": at(time.Hour)}, "not valid yet"},
		"another issuer":       {map[string]any{"iss": "https://evil.example"}, "another issuer"},
		"an issuer with slash": {map[string]any{"iss": c.URL + "/"}, "another issuer"},
		"no issuer":            {map[string]any{"iss": nil}, "another issuer"},
		"another audience":     {map[string]any{"aud": "shop"}, "another audience"},
		"no audience":          {map[string]any{"aud": nil}, "another audience"},
		"audience with more":   {map[string]any{"aud": "postlude2"}, "another audience"},
		"another audience too": {map[string]any{"aud": "shop", "AUD": "postlude"}, "another audience"},
		"another issuer too":   {map[string]any{"iss": "https://evil.example", "ISS": c.URL}, "another issuer"},
		"the end of a session": {map[string]any{"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}, "ends a session"},
	} {
		t.Log(name)
		c.requireRefused(t, c.token(t, signed{id: "one"}, c.claims(tt.claims)), tt.reason)
	}
}

func TestClocksMustAgreeWithoutLeeway(t *testing.T) {
	t.Parallel()
	c := check(t, func(s *auth.TokenSettings) { s.Leeway = 0 })
	good := c.good(t)
	c.advance(time.Hour - time.Second)
	c.requireAccepted(t, good)
	c.advance(time.Second)
	c.requireRefused(t, good, "has expired")
}

func TestTypesOfTokens(t *testing.T) {
	t.Parallel()
	c := check(t)
	for kind, accepted := range map[string]bool{
		"JWT": true, "jwt": true, "at+jwt": true, "application/at+jwt": true,
		"logout+jwt": false, "application/logout+jwt": false, "dpop+jwt": false, "JOSE+JSON": false,
	} {
		token := c.token(t, signed{id: "one", kind: kind}, c.claims(nil))
		if accepted {
			c.requireAccepted(t, token)
		} else {
			c.requireRefused(t, token, "in a way that is accepted")
		}
	}
}

// Whoever has a token must not be able to write it in endless ways.
func TestATokenHasOneSpelling(t *testing.T) {
	t.Parallel()
	c := check(t)
	good := c.good(t)
	parts := strings.Split(good, ".")
	header, payload, signature := parts[0], parts[1], parts[2]
	last := signature[len(signature)-1]
	for name, token := range map[string]string{
		"JSON":               `{"payload":"` + payload + `","protected":"` + header + `","signature":"` + signature + `"}`,
		"JSON with a header": `{"payload":"` + payload + `","protected":"` + header + `","header":{"x":1},"signature":"` + signature + `"}`,
		"general JSON":       `{"payload":"` + payload + `","signatures":[{"protected":"` + header + `","signature":"` + signature + `"}]}`,
		"a line feed":        good + "\n",
		"a line feed inside": header + ".\r\n" + payload + "." + signature,
		"a space":            header + ". " + payload + "." + signature,
		"padding":            good + "==",
		"bits that are over": good[:len(good)-1] + string(last+1),
		"four parts":         good + ".",
		"much of it":         good + strings.Repeat("A", 64<<10),
		"the other alphabet": strings.ReplaceAll(strings.ReplaceAll(good, "-", "+"), "_", "/"),
	} {
		t.Log(name)
		if token != good {
			c.requireRefused(t, token, "in a way that is accepted")
		}
	}
	c.requireAccepted(t, good)
}

func TestTokensThatAreNotForUsDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	c := check(t)
	long := c.token(t, signed{id: "one"}, c.claims(map[string]any{"aud": strings.Repeat("shop ", 2000)}))
	for range 200 {
		c.requireRefused(t, long, "another audience")
	}
	lines := strings.Count(c.log.String(), "token refused")
	require.Positive(t, lines)
	require.Less(t, lines, 150)
	require.Less(t, c.log.Len(), lines*1000)
	require.Contains(t, c.log.String(), `"audience":"shop shop`)
}

func TestATokenThatWasAcceptedExpires(t *testing.T) {
	t.Parallel()
	c := check(t)
	good := c.good(t)
	for range 3 {
		c.requireAccepted(t, good)
	}
	c.advance(time.Hour + 29*time.Second)
	c.requireAccepted(t, good)
	c.advance(time.Second)
	c.requireRefused(t, good, "has expired")
}

func TestClocksMayDifferALittle(t *testing.T) {
	t.Parallel()
	c := check(t, func(s *auth.TokenSettings) { s.Leeway = time.Minute })
	at := func(d time.Duration) int64 { return begin().Add(d).Unix() }
	c.requireAccepted(t, c.token(t, signed{id: "one"}, c.claims(map[string]any{
		"exp": at(-59 * time.Second), "nbf": at(time.Minute), "iat": at(time.Minute),
	})))
	c.requireRefused(t, c.token(t, signed{id: "one"}, c.claims(map[string]any{"exp": at(-time.Minute)})), "expired")
}

func TestSignaturesThatAreRefused(t *testing.T) {
	t.Parallel()
	c := check(t)
	other := otherKey()
	good := c.good(t)
	header, rest, _ := strings.Cut(good, ".")
	payload, _, _ := strings.Cut(rest, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	public, err := x509.MarshalPKIXPublicKey(c.key.Public())
	require.NoError(t, err)
	asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	for name, token := range map[string]string{
		"nothing":                    "",
		"no token":                   "abc",
		"three dots":                 "a.b.c",
		"not signed":                 header + "." + payload + ".",
		"alg none":                   none + "." + payload + ".",
		"alg none with a signature":  none + "." + rest,
		"HS256 with the public key":  c.token(t, signed{algorithm: jose.HS256, key: asPEM, id: "one"}, c.claims(nil)),
		"HS256 with the key's bytes": c.token(t, signed{algorithm: jose.HS256, key: public, id: "one"}, c.claims(nil)),
		"the key of another":         c.token(t, signed{key: other, id: "one"}, c.claims(nil)),
		"the key of another, no id":  c.token(t, signed{key: other}, c.claims(nil)),
		"another algorithm":          c.token(t, signed{algorithm: jose.PS256, id: "one"}, c.claims(nil)),
		"changed claims":             header + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"root"}`)) + good[strings.LastIndexByte(good, '.'):],
		"a key in the header":        c.withKeyInside(t),
	} {
		t.Log(name)
		c.requireRefused(t, token, "not signed by the provider")
	}
	c.requireAccepted(t, good)
	c.requireAccepted(t, c.token(t, signed{}, c.claims(nil))) // without the id of a key
}

// withKeyInside is a token that brings its own key.
func (c *checked) withKeyInside(t *testing.T) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: otherKey()}, &jose.SignerOptions{EmbedJWK: true})
	require.NoError(t, err)
	made, err := signer.Sign([]byte(`{"iss":"` + c.URL + `","aud":"postlude","sub":"root","exp":9999999999}`))
	require.NoError(t, err)
	token, err := made.CompactSerialize()
	require.NoError(t, err)
	return token
}

func TestOnlyTheAlgorithmsOfTheSettingsDo(t *testing.T) {
	t.Parallel()
	c := check(t, func(s *auth.TokenSettings) { s.Algorithms = []string{"ES256"} })
	key := ecKey(t)
	c.set(func() { c.keys = append(c.keys, jose.JSONWebKey{Key: key.Public(), KeyID: "curve"}) })
	c.requireAccepted(t, c.token(t, signed{algorithm: jose.ES256, key: key, id: "curve"}, c.claims(nil)))
	c.requireRefused(t, c.good(t), "in a way that is accepted")
}

func TestKeysThatAreForSomethingElse(t *testing.T) {
	t.Parallel()
	c := check(t)
	c.set(func() { c.keys[0].Use = "enc" })
	c.requireRefused(t, c.good(t), "not signed")
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	c := check(t)
	old := c.good(t)
	c.requireAccepted(t, old)
	next := otherKey()
	fresh := c.token(t, signed{key: next, id: "two"}, c.claims(nil))
	c.requireRefused(t, fresh, "not signed")
	require.EqualValues(t, 1, c.fetches.Load(), "not again within seconds, whatever is sent")

	c.set(func() { c.keys = append(c.keys, jose.JSONWebKey{Key: next.Public(), KeyID: "two"}) })
	c.advance(6 * time.Second)
	c.requireAccepted(t, fresh)
	c.requireAccepted(t, old)
	require.EqualValues(t, 2, c.fetches.Load())

	c.set(func() { c.keys = c.keys[1:] })
	c.requireAccepted(t, old) // until the keys are looked at again
	c.advance(6 * time.Minute)
	c.requireRefused(t, old, "not signed")
	c.requireAccepted(t, fresh)
	c.requireRefused(t, old, "not signed") // not remembered either
}

func TestTokensOfUnknownKeysDoNotBotherTheProvider(t *testing.T) {
	t.Parallel()
	c := check(t)
	c.requireAccepted(t, c.good(t))
	for range 50 {
		c.requireRefused(t, c.token(t, signed{id: "made-up"}, c.claims(nil)), "not signed")
	}
	c.advance(6 * time.Second)
	for range 50 {
		c.requireRefused(t, c.token(t, signed{id: "made-up"}, c.claims(nil)), "not signed")
	}
	require.EqualValues(t, 2, c.fetches.Load())
}

func TestAProviderThatIsAwayRefusesNobody(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*checked){
		"closed":          func(c *checked) { c.Close() },
		"error":           func(c *checked) { c.set(func() { c.status = http.StatusInternalServerError }) },
		"another issuer":  func(c *checked) { c.set(func() { c.issuer = "https://evil.example" }) },
		"no keys":         func(c *checked) { c.set(func() { c.body = `{"keys":[]}` }) },
		"no key set":      func(c *checked) { c.set(func() { c.body = `<html>` }) },
		"secret keys":     func(c *checked) { c.set(func() { c.body = `{"keys":[{"kty":"oct","k":"AAAA","kid":"one"}]}` }) },
		"unknown keys":    func(c *checked) { c.set(func() { c.body = `{"keys":[{"kty":"XX","kid":"one"}]}` }) },
		"an endless text": func(c *checked) { c.set(func() { c.body = strings.Repeat(" ", 2<<20) + `{"keys":[]}` }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := check(t)
			good := c.good(t)
			spoil(c)
			c.requireAway(t, good)
			c.requireAway(t, good)
			c.requireRefused(t, "a.b.c", "not signed") // needs no key
			require.NotContains(t, c.log.String(), good)
			require.LessOrEqual(t, strings.Count(c.log.String(), "\n"), 1, "and is not asked again at once")
		})
	}
}

func TestAProviderThatComesBack(t *testing.T) {
	t.Parallel()
	c := check(t)
	c.set(func() { c.status = http.StatusBadGateway })
	c.requireAway(t, c.good(t))
	c.set(func() { c.status = 0 })
	c.advance(6 * time.Second)
	c.requireAccepted(t, c.good(t))
}

func TestKnownKeysDoForAnHour(t *testing.T) {
	t.Parallel()
	c := check(t)
	c.requireAccepted(t, c.good(t))
	c.set(func() { c.status = http.StatusBadGateway })
	c.advance(59 * time.Minute)
	c.requireAccepted(t, c.good(t))
	c.requireAway(t, c.token(t, signed{id: "made-up"}, c.claims(nil)))
	c.advance(2 * time.Minute)
	c.requireAway(t, c.good(t))
}

func TestTheAddressOfTheKeysMayBeGiven(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	c := check(t, func(s *auth.TokenSettings) { s.Issuer, s.KeysURL = "https://issuer.example", p.URL+"/keys" })
	token := c.token(t, signed{key: p.key, id: "one"}, c.claims(map[string]any{"iss": "https://issuer.example"}))
	c.requireAccepted(t, token)
}

// A provider that hangs for as long as it is left alone afterwards, and all ask.
func TestAProviderThatHangsIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	var c *checked
	var asked atomic.Int64
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		c.advance(auth.DefaultTokenTimeout)
		<-r.Context().Done() // it is given up
	}))
	t.Cleanup(hanging.Close)
	c = check(t, func(s *auth.TokenSettings) { s.KeysURL, s.Timeout = hanging.URL, 300*time.Millisecond })
	good := c.good(t)
	answers := make(chan error, 8)
	for range cap(answers) {
		go func() {
			_, err := c.tokens.Verify(t.Context(), good)
			answers <- err
		}()
	}
	for range cap(answers) {
		var away *auth.UnavailableError
		require.ErrorAs(t, <-answers, &away)
	}
	c.requireAway(t, good) // and the next one does not wait
	require.EqualValues(t, 1, asked.Load())
	c.advance(auth.DefaultTokenTimeout)
	c.requireAway(t, good)
	require.EqualValues(t, 2, asked.Load())
}

// The fetch goes on for the others.
func TestARequestThatEndsWaitsForNoKeys(t *testing.T) {
	t.Parallel()
	stop, asked := make(chan struct{}), make(chan struct{}, 10)
	p := newProvider(t)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-stop
		p.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(slow.Close)
	c := check(t, func(s *auth.TokenSettings) { s.KeysURL, s.Timeout = slow.URL+"/keys", 10*time.Second })
	good := c.good(t)
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := c.tokens.Verify(ctx, good)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := c.tokens.Verify(t.Context(), good)
		waiting <- err
	}()
	close(stop)
	require.NoError(t, <-waiting)
	require.Len(t, asked, 1)
	require.EqualValues(t, 1, p.fetches.Load())
}

// While it is only time to look at the keys again, one request waits for that.
func TestKnownKeysDoWhileTheProviderHangs(t *testing.T) {
	t.Parallel()
	var hangs atomic.Bool
	stop, asked := make(chan struct{}), make(chan struct{}, 10)
	p := newProvider(t)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hangs.Load() {
			asked <- struct{}{}
			<-stop
		}
		p.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(slow.Close)
	c := check(t, func(s *auth.TokenSettings) { s.KeysURL, s.Timeout = slow.URL+"/keys", 10*time.Second })
	good := c.good(t)
	c.requireAccepted(t, good)
	hangs.Store(true)
	c.advance(6 * time.Minute)
	waiting := make(chan error, 1)
	go func() {
		_, err := c.tokens.Verify(t.Context(), good)
		waiting <- err
	}()
	<-asked
	began := time.Now()
	for range 3 {
		c.requireAccepted(t, good)
	}
	require.Less(t, time.Since(began), 5*time.Second)
	require.Empty(t, waiting)
	close(stop)
	require.NoError(t, <-waiting)
}

// Keys that anybody in between can change prove nothing.
func TestASecureProviderHasItsKeysByHTTPS(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	secure := httptest.NewTLSServer(p.Config.Handler)
	t.Cleanup(secure.Close)
	p.set(func() { p.issuer = secure.URL })
	for keysAt, want := range map[string]bool{p.URL + "/keys": false, secure.URL + "/keys": true} {
		p.set(func() { p.keysAt = keysAt })
		_, err := openid.FetchKeys(t.Context(), secure.URL, secure.Client())
		require.Equal(t, want, err == nil, "%s: %v", keysAt, err)
	}
	require.EqualValues(t, 1, p.fetches.Load())
}

func TestASlowProviderIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	slow := newSlow(t, stop)
	defer close(stop)
	c := check(t, func(s *auth.TokenSettings) { s.KeysURL, s.Timeout = slow, 50*time.Millisecond })
	began := time.Now()
	c.requireAway(t, c.good(t))
	require.Less(t, time.Since(began), 5*time.Second)
}

func TestSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]auth.TokenSettings{
		"no audience":    {Issuer: "https://issuer.example"},
		"no issuer":      {Audience: "x"},
		"no URL":         {Issuer: "issuer.example", Audience: "x"},
		"no web":         {Issuer: "file:///etc/passwd", Audience: "x"},
		"a password":     {Issuer: "https://me:secret@issuer.example", Audience: "x"},
		"no keys":        {Issuer: "https://issuer.example", Audience: "x", KeysURL: "keys"},
		"a secret key":   {Issuer: "https://issuer.example", Audience: "x", Algorithms: []string{"RS256", "HS256"}},
		"no signature":   {Issuer: "https://issuer.example", Audience: "x", Algorithms: []string{"none"}},
		"clocks":         {Issuer: "https://issuer.example", Audience: "x", Leeway: -time.Second},
		"another letter": {Issuer: "https://issuer.example", Audience: "x", Algorithms: []string{"rs256"}},
	} {
		_, err := openid.New(s, zerolog.Nop())
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "secret@")
	}
}
