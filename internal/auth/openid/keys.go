package openid

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/rs/zerolog"
	"golang.org/x/sync/singleflight"
)

// algorithm is what a token is signed by.
type algorithm = jose.SignatureAlgorithm

// How long keys are trusted.
const (
	// freshKeys is after how long keys are fetched again: until then a key that
	// the provider has withdrawn is still taken.
	freshKeys = 5 * time.Minute
	// staleKeys is how long keys do while the provider is away.
	staleKeys = time.Hour
	// fetchPause is how long after the end of a fetch the next one is possible:
	// whoever sends tokens of unknown keys must not make us bother the provider, nor
	// keep requests waiting for one that hangs.
	fetchPause = 5 * time.Second
)

// errSignature says that a token is not signed by a key of the provider.
var errSignature = errors.New("token not signed by a known key")

// keySet are the keys of a provider. It implements oidc.KeySet and is safe for
// concurrent use. Keys are fetched once at a time, for all who need them; who waits
// for that waits no longer than its context.
type keySet struct {
	source     *source
	algorithms []algorithm
	now        func() time.Time
	log        zerolog.Logger

	known      atomic.Pointer[keys]
	flights    singleflight.Group
	refreshing atomic.Bool // whether a request waits for keys that are not needed yet

	mu     sync.Mutex
	tried  time.Time // when the last fetch ended
	failed error     // why it failed
}

// keys are what was fetched at a time.
type keys struct {
	list    []jose.JSONWebKey
	fetched time.Time
}

// VerifySignature returns the payload of a token that a key of the provider has
// signed, and leaves in the context's signature what became of it.
func (s *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	seen, _ := ctx.Value(signatureKey{}).(*signature)
	if seen == nil {
		seen = new(signature)
	}
	jws, err := jose.ParseSignedCompact(token, s.algorithms)
	if err != nil || len(jws.Signatures) != 1 || !isForAccess(jws.Signatures[0].Header) {
		return nil, errSignature
	}
	known, err := s.current(ctx)
	if err != nil {
		seen.away = err
		return nil, err
	}
	payload, ok := known.verify(jws)
	if !ok {
		if known, err = s.newerThan(ctx, known); err != nil {
			seen.away = err
			return nil, err
		}
		if payload, ok = known.verify(jws); !ok {
			return nil, errSignature
		}
	}
	seen.by = known
	return payload, nil
}

// verify tries the keys that may be the one the token names.
func (k *keys) verify(jws *jose.JSONWebSignature) ([]byte, bool) {
	if k == nil {
		return nil, false
	}
	header := jws.Signatures[0].Header
	for i := range k.list {
		key := &k.list[i]
		if header.KeyID != "" && key.KeyID != header.KeyID ||
			key.Algorithm != "" && key.Algorithm != header.Algorithm ||
			key.Use != "" && key.Use != "sig" {
			continue
		}
		if payload, err := jws.Verify(key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

func (s *keySet) age(k *keys) time.Duration { return s.now().Sub(k.fetched) }

// fresh returns the keys if they need not be looked at again, else nil.
func (s *keySet) fresh() *keys {
	if known := s.known.Load(); known != nil && s.age(known) <= freshKeys {
		return known
	}
	return nil
}

// current returns the keys, and fetches them if there are none or if it is time.
// One request does that for all; the others go on with what there is.
func (s *keySet) current(ctx context.Context) (*keys, error) {
	known := s.known.Load()
	switch {
	case known == nil || s.age(known) > staleKeys:
		return s.newerThan(ctx, known)
	case s.age(known) > freshKeys && s.refreshing.CompareAndSwap(false, true):
		defer s.refreshing.Store(false)
		if newer, err := s.newerThan(ctx, known); err == nil {
			return newer, nil
		}
	}
	return known, nil
}

// newerThan returns keys that were fetched after others, or the same ones if it is
// too early to ask again. It ends with the context; the fetch goes on.
func (s *keySet) newerThan(ctx context.Context, old *keys) (*keys, error) {
	if known, enough, err := s.without(old); enough {
		return known, err
	}
	fetching := s.flights.DoChan("", func() (any, error) {
		if known, enough, err := s.without(old); enough {
			return known, err // somebody else was faster
		}
		return s.fetch(ctx)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case fetched := <-fetching:
		known, _ := fetched.Val.(*keys)
		return known, fetched.Err
	}
}

// without returns what newerThan returns if nothing has to be fetched, or must be.
func (s *keySet) without(old *keys) (known *keys, enough bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known = s.known.Load()
	if known != old && known != nil && s.age(known) <= staleKeys {
		return known, true, nil
	}
	if !s.tried.IsZero() && s.now().Sub(s.tried) < fetchPause {
		return known, true, s.failed
	}
	return nil, false, nil
}

// fetch asks the provider. It is called once at a time.
func (s *keySet) fetch(ctx context.Context) (*keys, error) {
	list, err := s.source.fetch(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried, s.failed = s.now(), err
	if err != nil {
		s.log.Error().Err(err).Msg("keys of the token provider not fetched")
		return nil, err
	}
	if known := s.known.Load(); known == nil || !slices.EqualFunc(known.list, list, sameKey) {
		s.log.Info().Int("keys", len(list)).Msg("keys of the token provider fetched")
	}
	fetched := &keys{list: list, fetched: s.tried}
	s.known.Store(fetched)
	return fetched, nil
}

func sameKey(a, b jose.JSONWebKey) bool { return a.KeyID == b.KeyID }
