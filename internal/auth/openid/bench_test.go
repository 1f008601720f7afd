package openid_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/auth/openid"
)

// What a request with a token costs: nothing of it is remembered.
func BenchmarkVerify(b *testing.B) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(b, err)
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k"}}})
	require.NoError(b, err)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(keys) }))
	defer s.Close()
	tokens, err := openid.New(auth.TokenSettings{Issuer: s.URL, Audience: "postlude", KeysURL: s.URL}, zerolog.Nop())
	require.NoError(b, err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	require.NoError(b, err)
	claims, err := json.Marshal(map[string]any{
		"iss": s.URL, "aud": "postlude", "sub": "anna", "exp": time.Now().Add(time.Hour).Unix(), "roles": []string{"a", "b"},
	})
	require.NoError(b, err)
	made, err := signer.Sign(claims)
	require.NoError(b, err)
	token, err := made.CompactSerialize()
	require.NoError(b, err)
	for b.Loop() {
		if _, err := tokens.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}
