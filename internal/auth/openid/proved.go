package openid

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/postlude/postlude/internal/auth"
)

// maxProved bounds how many tokens are remembered.
const maxProved = 4096

// proved is a token whose signature, issuer and audience are right. Whether it is
// its time is another question.
type proved struct {
	identity      auth.Identity
	from, expires time.Time
	// keys are those it was proved with: it counts only as long as they do.
	keys *keys
}

// untimely says why this is not a token's time, "" if it is.
func (p *proved) untimely(now time.Time, leeway time.Duration) string {
	switch {
	case p.expires.IsZero():
		return "the token does not say when it expires"
	case !now.Before(p.expires.Add(leeway)):
		return "the token has expired"
	case now.Add(leeway).Before(p.from):
		return "the token is not valid yet"
	}
	return ""
}

// tokens are remembered by their digests: a signature costs more than everything
// else about a request. They are safe for concurrent use.
type tokens struct {
	mu     sync.RWMutex
	proved map[[sha256.Size]byte]*proved
}

// find returns a token that was proved with these keys, nil if there is none.
func (t *tokens) find(digest [sha256.Size]byte, with *keys) *proved {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if found := t.proved[digest]; found != nil && found.keys == with {
		return found
	}
	return nil
}

// add remembers a token. If there is no room those of other keys go, and then any.
func (t *tokens) add(digest [sha256.Size]byte, one *proved) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.proved == nil {
		t.proved = map[[sha256.Size]byte]*proved{}
	}
	if len(t.proved) >= maxProved {
		for old, token := range t.proved {
			if token.keys != one.keys {
				delete(t.proved, old)
			}
		}
	}
	for old := range t.proved {
		if len(t.proved) < maxProved {
			break
		}
		delete(t.proved, old)
	}
	t.proved[digest] = one
}
