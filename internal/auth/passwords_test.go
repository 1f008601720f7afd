package auth_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/postlude/postlude/internal/auth"
)

// Hashes of the cost 10, and their passwords.
const (
	horse       = "correct horse"
	horseHash   = "$2a$10$ztRb2qUjYYE0oj5zHrnxEuZUK2xrfTLS1t5CKLPL7jbpURGrcDcLu"
	another     = "another horse"
	anotherHash = "$2a$10$LE0sXfU..CDANo2.fb2QwOTG9vG2zmWMpGxdhnD.2sq9fE52PuIHS"
)

// passwords are those of a file with two users, of whom none is known yet.
type passwords struct {
	*auth.Passwords
	path     string
	log      bytes.Buffer
	compared atomic.Int64
	right    atomic.Int64 // comparisons that fitted
	broken   atomic.Bool  // nothing fits any more
	// hold is waited for by every comparison, if it is not nil, and guesses by
	// those of passwords that are wrong.
	hold, guesses chan struct{}
}

// maxGuesses is more than can be compared at a time.
const maxGuesses = 100

func newPasswords(t *testing.T) *passwords {
	t.Helper()
	p := &passwords{path: filepath.Join(t.TempDir(), "users")}
	p.write(t, "anna:"+horseHash+":shop,"+auth.Editor.Role(), "carl:"+anotherHash)
	var err error
	p.Passwords, err = auth.NewPasswords(auth.PasswordsConfig{
		File: p.path, Roles: roles(t), Log: zerolog.New(&p.log), Every: time.Millisecond,
		Compare: func(hash, password []byte) error {
			p.compared.Add(1)
			if p.hold != nil {
				<-p.hold
			}
			fits := map[string]string{horseHash: horse, anotherHash: another}
			if fits[string(hash)] == string(password) && !p.broken.Load() {
				p.right.Add(1)
				return nil
			}
			if p.guesses != nil {
				<-p.guesses
			}
			return bcrypt.ErrMismatchedHashAndPassword
		},
	})
	require.NoError(t, err)
	return p
}

// realPasswords are compared by bcrypt.
func realPasswords(t *testing.T, text string) *auth.Passwords {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	p, err := auth.NewPasswords(auth.PasswordsConfig{File: path, Roles: roles(t)})
	require.NoError(t, err)
	return p
}

func roles(t *testing.T) auth.Roles {
	t.Helper()
	made, err := auth.NewRoles(nil)
	require.NoError(t, err)
	return made
}

func (p *passwords) write(t *testing.T, lines ...string) {
	t.Helper()
	require.NoError(t, os.WriteFile(p.path, []byte(strings.Join(lines, "\n")), 0o600))
}

func TestARightPasswordIsComparedOnce(t *testing.T) {
	t.Parallel()
	p := newPasswords(t)
	for range 3 {
		caller, err := p.Verify(t.Context(), "anna", horse)
		require.NoError(t, err)
		require.Equal(t, auth.Caller{Name: "anna", Level: auth.Editor, Names: []string{"anna", "shop", auth.Editor.Role()}}, caller)
	}
	require.EqualValues(t, 1, p.compared.Load())
}

func TestWrongPasswordsAndUnknownNamesAreTheSame(t *testing.T) {
	t.Parallel()
	p := newPasswords(t)
	_, err := p.Verify(t.Context(), "anna", horse)
	require.NoError(t, err)
	for i, c := range []struct{ name, password string }{
		{"anna", another},
		{"anna", ""},
		{"carl", horse},
		{"nobody", horse},
		{"", ""},
		{"ANNA", horse},
		{"anna", horse + strings.Repeat("x", 70)},
	} {
		_, err := p.Verify(t.Context(), c.name, c.password)
		var refused *auth.RefusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "the name or the password is wrong", refused.Reason)
		require.EqualValues(t, i+2, p.compared.Load(), "each costs a comparison")
	}
}

// The factor is generous: what it must not be is a thousand.
func TestAnUnknownNameTakesAsLong(t *testing.T) {
	t.Parallel()
	p := realPasswords(t, "anna:"+horseHash)
	took := func(name string) time.Duration {
		var times []time.Duration
		for i := range 3 {
			began := time.Now()
			_, err := p.Verify(t.Context(), name, fmt.Sprint("guess ", i))
			times = append(times, time.Since(began))
			require.Error(t, err)
		}
		return slices.Min(times)
	}
	known, unknown := took("anna"), took("nobody")
	require.Greater(t, unknown, known/4)
	require.Less(t, unknown, known*4)
}

func TestBytesBehindThe72ndCount(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("p", 72)
	hash, err := auth.HashPassword(long, auth.MinCost)
	require.NoError(t, err)
	p := realPasswords(t, "anna:"+hash)
	_, err = p.Verify(t.Context(), "anna", long)
	require.NoError(t, err)
	_, err = p.Verify(t.Context(), "anna", long+"x")
	require.Error(t, err)
	_, err = auth.HashPassword(long+"x", auth.MinCost)
	require.Error(t, err)
	require.NotContains(t, err.Error(), long)
}

// For bcrypt a password is the same as itself, NUL and itself again.
func TestANULAndNothingAreNoPasswords(t *testing.T) {
	t.Parallel()
	hash, err := auth.HashPassword(horse, auth.MinCost)
	require.NoError(t, err)
	empty, err := bcrypt.GenerateFromPassword(nil, auth.MinCost)
	require.NoError(t, err)
	p := realPasswords(t, "anna:"+hash+"\ncarl:"+string(empty))
	for _, c := range []struct{ name, password string }{
		{"anna", horse + "\x00" + horse}, {"anna", horse + "\x00"}, {"carl", ""}, {"carl", "\x00"},
	} {
		_, err := p.Verify(t.Context(), c.name, c.password)
		var refused *auth.RefusedError
		require.ErrorAs(t, err, &refused, "%q", c.password)
	}
}

func TestANewPasswordEndsTheOldOne(t *testing.T) {
	t.Parallel()
	p := newPasswords(t)
	_, err := p.Verify(t.Context(), "anna", horse)
	require.NoError(t, err)
	p.write(t, "anna:"+anotherHash+":"+auth.Manager.Role())
	require.Eventually(t, func() bool {
		_, err := p.Verify(t.Context(), "anna", horse)
		return err != nil
	}, 10*time.Second, time.Millisecond)
	caller, err := p.Verify(t.Context(), "anna", another)
	require.NoError(t, err)
	require.Equal(t, auth.Manager, caller.Level)
	_, err = p.Verify(t.Context(), "carl", another)
	require.Error(t, err, "who is no longer there")
}

func TestABrokenUserFileLeavesTheUsers(t *testing.T) {
	t.Parallel()
	p := newPasswords(t)
	p.write(t, "anna:"+horse)
	require.Eventually(t, func() bool {
		_, err := p.Verify(t.Context(), "anna", horse)
		return err == nil && strings.Contains(p.log.String(), "changed file not read")
	}, 10*time.Second, time.Millisecond)
	require.Contains(t, p.log.String(), p.path+":1: ")
	require.NotContains(t, p.log.String(), horse)
}

func TestGuessesDoNotPileUp(t *testing.T) {
	t.Parallel()
	p := newPasswords(t)
	_, err := p.Verify(t.Context(), "anna", horse)
	require.NoError(t, err)
	p.hold = make(chan struct{})
	var wg sync.WaitGroup
	var busy atomic.Int64
	for i := range 200 {
		wg.Go(func() {
			if _, err := p.Verify(t.Context(), "carl", fmt.Sprint(i)); errors.Is(err, auth.ErrBusy) {
				busy.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return busy.Load() >= 100 }, 2*time.Second, time.Millisecond, "most are refused at once")
	caller, err := p.Verify(t.Context(), "anna", horse)
	require.NoError(t, err, "who has been right does not wait")
	require.Equal(t, "anna", caller.Name)
	close(p.hold)
	wg.Wait()
}

// Who guesses keeps nobody out who comes now and then.
func TestWhoComesRegularlyNeverWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPasswords(t)
		verify := func() error {
			_, err := p.Verify(t.Context(), "anna", horse)
			return err
		}
		require.NoError(t, verify())
		p.guesses = make(chan struct{})
		var guessing sync.WaitGroup
		for i := range maxGuesses {
			guessing.Go(func() { _, _ = p.Verify(t.Context(), "carl", fmt.Sprint(i)) })
		}
		synctest.Wait() // all slots are taken
		for range 10 {
			<-time.After(29 * time.Minute)
			require.NoError(t, verify())
		}
		require.EqualValues(t, 1+5, p.right.Load(), "and is compared every hour nevertheless")
		<-time.After(time.Hour)
		require.ErrorIs(t, verify(), auth.ErrBusy, "who was away waits like everybody")
		close(p.guesses)
		guessing.Wait()
	})
}

// A password is never taken for right for more than an hour.
func TestAPasswordThatFitsNoLongerIsFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPasswords(t)
		_, err := p.Verify(t.Context(), "anna", horse)
		require.NoError(t, err)
		p.broken.Store(true)
		<-time.After(29 * time.Minute)
		_, err = p.Verify(t.Context(), "anna", horse)
		require.NoError(t, err)
		<-time.After(2 * time.Minute)
		_, err = p.Verify(t.Context(), "anna", horse)
		require.Error(t, err)
	})
}

func TestTheSamePasswordIsComparedOnceForAll(t *testing.T) {
	t.Parallel()
	p := newPasswords(t)
	p.hold = make(chan struct{})
	var wg sync.WaitGroup
	var right atomic.Int64
	for range 100 {
		wg.Go(func() {
			if _, err := p.Verify(t.Context(), "anna", horse); err == nil {
				right.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return p.compared.Load() == 1 }, 5*time.Second, time.Millisecond)
	close(p.hold)
	wg.Wait()
	require.EqualValues(t, 100, right.Load())
	require.EqualValues(t, 1, p.compared.Load())
}

func TestUserFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	cheap, err := bcrypt.GenerateFromPassword([]byte(horse), 9)
	require.NoError(t, err)
	dear := strings.Replace(horseHash, "$10$", "$17$", 1)
	for text, want := range map[string]string{
		"":                                               "there is no user in it",
		"# only a comment":                               "there is no user in it",
		"anna":                                           ":1: the line is not name:",
		"\n\nanna:" + horse:                              ":3: the second field is no bcrypt hash; passwords never",
		"anna:" + string(cheap):                          ":1: the bcrypt hash has the cost 9, it must have 10 to 16",
		"anna:" + dear:                                   "the cost 17",
		"anna:{SHA}xyz":                                  "no bcrypt hash",
		"anna:" + horseHash[:59]:                         "no bcrypt hash",
		"anna:" + horseHash[:59] + "!":                   "no bcrypt hash",
		"anna:" + horseHash + ":a:b":                     "the line is not name:",
		":" + horseHash:                                  "the name is missing",
		"anonymous:" + horseHash:                         "reserved",
		"a:" + horseHash + "\na:" + anotherHash:          ":2: the user a is there twice",
		"anna:" + horseHash + ":\xff":                    "not UTF-8",
		"anna:" + horseHash + ":a # the boss":            "looks like a comment",
		"anna:" + horseHash + ":a\tb":                    "cannot be seen",
		"anna:" + horseHash + "\rcarl:":                  "cannot be seen",
		"# users\ranna:" + horseHash:                     "cannot be seen",
		"an\u200bna:" + horseHash:                        "cannot be seen",
		"staff:" + horseHash:                             "that of a role",
		"anna:" + horseHash + strings.Repeat(":", 1<<15): "more than",
	} {
		path := filepath.Join(t.TempDir(), "users")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour))) // or it would be waited for
		staff, err := auth.NewRoles(map[string]string{"staff": "EDITOR"})
		require.NoError(t, err)
		_, err = auth.NewPasswords(auth.PasswordsConfig{File: path, Roles: staff})
		require.ErrorContains(t, err, want)
		for _, secret := range []string{horse, horseHash[8:], "{SHA}"} {
			require.NotContains(t, err.Error(), secret)
		}
	}
	_, err = auth.NewPasswords(auth.PasswordsConfig{File: filepath.Join(t.TempDir(), "none")})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestUserFilesOfOtherToolsAreRead(t *testing.T) {
	t.Parallel()
	htpasswd := strings.Replace(horseHash, "$2a$", "$2y$", 1)
	p := realPasswords(t, "\ufeff# users\r\n\r\n anna : "+htpasswd+" : a , ,b\r\ncarl:"+anotherHash+":\r\n")
	caller, err := p.Verify(t.Context(), "anna", horse)
	require.NoError(t, err)
	require.Equal(t, []string{"anna", "a", "b"}, caller.Names)
	_, err = p.Verify(t.Context(), "carl", another)
	require.NoError(t, err)
}

func TestHeadersThatAreRefused(t *testing.T) {
	t.Parallel()
	a := &auth.Authenticator{Passwords: newPasswords(t).Passwords, Roles: roles(t)}
	for _, headers := range [][]string{
		{"Basic"},
		{"Basic !!"},
		{"Basic bm9jb2xvbg=="},
		{"Bearer abc"},
		{"Digest x"},
		{"x"},
		{""},
		{"Basic YTpi", "Basic YTpi"},
		{"Basic " + strings.Repeat("YWFh", 1000)},
	} {
		_, err := a.Authenticate(request(t, headers...))
		var refused *auth.RefusedError
		require.ErrorAs(t, err, &refused, headers)
		require.NotEmpty(t, refused.Reason)
		require.Empty(t, refused.Name, "it may be a password")
		require.Equal(t, []string{`Basic realm="postlude", charset="UTF-8"`}, a.Challenges(refused))
	}
	_, err := a.Authenticate(request(t))
	require.ErrorIs(t, err, auth.ErrNoCredentials)
}

func request(t *testing.T, authorization ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	for _, header := range authorization {
		r.Header.Add("Authorization", header)
	}
	return r
}

func TestPasswordsThatAreNotHashed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		password string
		cost     int
	}{{"", 10}, {"1234567", 10}, {"ünfünfü", 10}, {horse + "\x00", 10}, {horse, 9}, {horse, 17}} {
		_, err := auth.HashPassword(c.password, c.cost)
		require.Error(t, err)
	}
	hash, err := auth.HashPassword(horse, auth.MinCost)
	require.NoError(t, err)
	require.NoError(t, bcrypt.CompareHashAndPassword([]byte(hash), []byte(horse)))
}
