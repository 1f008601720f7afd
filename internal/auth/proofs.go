package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

// Bounds of what is remembered.
const (
	maxProofs = 1024
	proofLife = time.Minute
)

// proof stands for a name, a password and a hash that fit together. It is keyed:
// who reads it out of memory cannot guess the password at the speed of SHA-256
// without the key as well.
type proof [sha256.Size]byte

// proofs remember for a short while which passwords were right, so that not every
// request costs a bcrypt. A new password is another hash, and so another proof.
// They are safe for concurrent use.
type proofs struct {
	key []byte
	now func() time.Time

	mu    sync.RWMutex
	until map[proof]time.Time
}

func newProofs(now func() time.Time) *proofs {
	p := &proofs{key: make([]byte, sha256.Size), now: now, until: map[proof]time.Time{}}
	_, _ = rand.Read(p.key) // never fails
	return p
}

func (p *proofs) of(name, password string, hash []byte) (made proof) {
	mac := hmac.New(sha256.New, p.key)
	for _, part := range [][]byte{[]byte(name), []byte(password), hash} {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		mac.Write(size[:])
		mac.Write(part)
	}
	mac.Sum(made[:0])
	return made
}

func (p *proofs) has(one proof) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	until, ok := p.until[one]
	return ok && p.now().Before(until)
}

// add remembers a proof. If there is no room the expired ones go, or else any
// one: it costs its owner one bcrypt.
func (p *proofs) add(one proof) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if len(p.until) >= maxProofs {
		for old, until := range p.until {
			if !now.Before(until) {
				delete(p.until, old)
			}
		}
	}
	for old := range p.until {
		if len(p.until) < maxProofs {
			break
		}
		delete(p.until, old)
	}
	p.until[one] = now.Add(proofLife)
}
