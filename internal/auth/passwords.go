package auth

import (
	"cmp"
	"context"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sync/singleflight"

	"github.com/postlude/postlude/internal/reload"
)

// Bounds of who waits for a bcrypt.
const (
	maxWaiting = 64
	maxWait    = 3 * time.Second
)

// Passwords compare names and passwords with a user file. They are safe for
// concurrent use.
//
// Whoever guesses is slowed down by bcrypt, and cannot take the processor away:
// only some comparisons run at a time, few wait, and the rest is refused at once
// with [ErrBusy]. Nor can it keep out who is known: a password that was right is
// not compared again for half an hour, and in the half hour after that beside all
// others, one at a time, so that who comes now and then does not wait for them.
type Passwords struct {
	users   *reload.Value[*users]
	proofs  *proofs
	flights singleflight.Group
	slots   chan struct{} // of comparisons for who is not known
	renewal chan struct{} // the slot of who is
	waiting atomic.Int64
	// compare is bcrypt's.
	compare func(hash, password []byte) error
}

// PasswordsConfig is what [Passwords] are made of.
type PasswordsConfig struct {
	// File is the user file. It is read again when it has changed; a file that
	// cannot be read leaves the users as they were, and says so in the log.
	File  string
	Roles Roles
	Log   zerolog.Logger
	// Every is how often the file is looked at, at most; 0 means 1 s.
	Every time.Duration
	// Compare compares a hash and a password, nil if they fit; nil is bcrypt.
	Compare func(hash, password []byte) error
}

// NewPasswords reads the user file. The error is a [*FileError], or that of
// reading it.
func NewPasswords(c PasswordsConfig) (*Passwords, error) {
	file, err := reload.New(reload.Config[*users]{
		Paths: []string{c.File}, Every: c.Every,
		Load: func() (*users, error) {
			return readFile(c.File, func(name string, r io.Reader) (*users, error) { return parseUsers(name, r, c.Roles) })
		},
		Report: reporter(c.Log, "users"),
	})
	if err != nil {
		return nil, err
	}
	p := &Passwords{
		users: file, proofs: newProofs(time.Now), compare: c.Compare,
		slots:   make(chan struct{}, cmp.Or(runtime.GOMAXPROCS(0)/2, 1)),
		renewal: make(chan struct{}, 1),
	}
	if p.compare == nil {
		p.compare = bcrypt.CompareHashAndPassword
	}
	return p, nil
}

// reporter logs that a file was read again, or why not.
func reporter(log zerolog.Logger, what string) func(error) {
	return func(err error) {
		if err != nil {
			log.Error().Err(err).Str("settings", what).Msg("changed file not read, the old settings hold")
			return
		}
		log.Info().Str("settings", what).Msg("changed file read")
	}
}

// Verify returns the caller that a name and a password prove. The error is a
// [*RefusedError], [ErrBusy], or that of the context. A wrong password and an
// unknown name take the same time and give the same reason.
func (p *Passwords) Verify(ctx context.Context, name, password string) (Caller, error) {
	users := p.users.Get()
	found, known := users.byName[name]
	hash := users.dummy
	if known {
		hash = found.hash
	}
	wanted := p.proofs.of(name, password, hash)
	validity := p.proofs.validity(wanted)
	if validity == aging {
		validity = p.renew(wanted, hash, password)
	}
	if !known || validity == invalid {
		right, err := p.prove(ctx, wanted, hash, password)
		if err != nil {
			return Caller{}, err
		}
		if !known || !right {
			refused := &RefusedError{Scheme: schemeBasic, Reason: "the name or the password is wrong"}
			if known {
				refused.Name = name
			}
			return Caller{}, refused
		}
	}
	return found.caller, nil
}

// prove compares once for all who ask the same at a time.
func (p *Passwords) prove(ctx context.Context, wanted proof, hash []byte, password string) (bool, error) {
	right, err, _ := p.flights.Do(string(wanted[:]), func() (any, error) {
		if p.proofs.validity(wanted) != invalid {
			return true, nil // somebody else was faster
		}
		// Not ended with the context of this request: others may wait for it.
		if err := p.takeSlot(); err != nil {
			return false, err
		}
		defer func() { <-p.slots }()
		if !p.fits(hash, password) {
			return false, nil
		}
		p.proofs.add(wanted)
		return true, nil
	})
	if err == nil {
		err = ctx.Err()
	}
	return right == true, err
}

// renew compares again, unless somebody else is at it.
func (p *Passwords) renew(one proof, hash []byte, password string) validity {
	select {
	case p.renewal <- struct{}{}:
	default:
		return aging
	}
	defer func() { <-p.renewal }()
	if validity := p.proofs.validity(one); validity != aging {
		return validity // somebody else was faster
	}
	if !p.fits(hash, password) {
		p.proofs.remove(one)
		return invalid
	}
	p.proofs.add(one)
	return valid
}

// fits compares. It takes as long for a password that is none.
func (p *Passwords) fits(hash []byte, password string) bool {
	given := []byte(password)
	err := p.compare(hash, given[:min(len(given), maxPassword)])
	return err == nil && isDistinct(password)
}

// takeSlot waits for one of the comparisons to end.
func (p *Passwords) takeSlot() error {
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > maxWaiting {
		return ErrBusy
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-time.After(maxWait):
		return ErrBusy
	}
}
