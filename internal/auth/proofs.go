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
	maxProofs = 16 << 10
	// proofLife is how long after a comparison a password is taken for right.
	proofLife = time.Hour
	// proofYouth is how long it need not be compared again. In the time between
	// the two it is, when there is an opportunity.
	proofYouth = proofLife / 2
)

// proof stands for a name, a password and a hash that fit together. It is keyed:
// who reads it out of memory cannot guess the password at the speed of SHA-256
// without the key as well.
type proof [sha256.Size]byte

// proofs remember for a while which passwords were right, so that not every request
// costs a bcrypt. A new password is another hash, and so another proof. They are
// safe for concurrent use.
type proofs struct {
	key []byte
	now func() time.Time

	mu       sync.RWMutex
	compared map[proof]time.Time // when
}

// validity is what a proof is worth.
type validity int

const (
	invalid validity = iota
	aging            // it is valid, and should be renewed
	valid
)

func newProofs(now func() time.Time) *proofs {
	p := &proofs{key: make([]byte, sha256.Size), now: now, compared: map[proof]time.Time{}}
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

func (p *proofs) validity(one proof) validity {
	p.mu.RLock()
	defer p.mu.RUnlock()
	compared, known := p.compared[one]
	switch age := p.now().Sub(compared); {
	case !known || age >= proofLife:
		return invalid
	case age >= proofYouth:
		return aging
	}
	return valid
}

// add remembers that somebody was right just now. If there is no room those go
// that count no longer, or else any one: it costs its owner one bcrypt.
func (p *proofs) add(one proof) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if len(p.compared) >= maxProofs {
		for old, compared := range p.compared {
			if now.Sub(compared) >= proofLife {
				delete(p.compared, old)
			}
		}
	}
	for old := range p.compared {
		if len(p.compared) < maxProofs {
			break
		}
		delete(p.compared, old)
	}
	p.compared[one] = now
}

func (p *proofs) remove(one proof) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.compared, one)
}
