package auth

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// Costs that a bcrypt hash may have. Below, guessing is cheap for who has the
// file; above, one comparison takes many seconds, and a request cannot wait so
// long.
const (
	MinCost     = 10
	DefaultCost = 12
	MaxCost     = 16
)

// user is a line of the user file.
type user struct {
	caller Caller
	hash   []byte
}

// users are those of a file. They are not changed once made.
type users struct {
	byName map[string]*user
	// dummy is a hash of nothing, which is compared for names that there are
	// not, so that they take as long as those that there are.
	dummy []byte
}

// parseUsers reads a user file: lines name:bcrypt-hash:role,role. The error is a
// [*FileError] or that of the reader.
func parseUsers(name string, r io.Reader, roles Roles) (*users, error) {
	u := &users{byName: map[string]*user{}}
	cost := 0
	err := eachLine(name, r, func(text string) error {
		one, err := parseUser(text, roles)
		if err != nil {
			return err
		}
		if u.byName[one.caller.Name] != nil {
			return fmt.Errorf("the user %s is there twice", one.caller.Name)
		}
		u.byName[one.caller.Name] = one
		own, err := bcrypt.Cost(one.hash)
		cost = max(cost, own)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(u.byName) == 0 {
		return nil, &FileError{File: name, Reason: "there is no user in it"}
	}
	u.dummy = dummyHash(cost)
	return u, nil
}

func parseUser(text string, roles Roles) (*user, error) {
	fields := strings.Split(text, ":")
	if len(fields) != 2 && len(fields) != 3 {
		return nil, errors.New("the line is not name:bcrypt-hash:role,role")
	}
	u := &user{hash: []byte(strings.TrimSpace(fields[1]))}
	if err := checkHash(u.hash); err != nil {
		return nil, err
	}
	id := Identity{Name: strings.TrimSpace(fields[0])}
	if len(fields) == 3 {
		id.Roles = listOf(fields[2])
	}
	for _, role := range id.Roles {
		if err := CheckRole(role); err != nil {
			return nil, err
		}
	}
	var err error
	u.caller, err = roles.Caller(id)
	return u, err
}

// bcryptAlphabet are the characters of salt and hash.
const bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// checkHash refuses what is no bcrypt hash, a password in plain text for
// instance, and one that is too cheap or too dear.
func checkHash(hash []byte) error {
	const size, salt = 60, len("$2a$10$")
	known := len(hash) == size && hash[0] == '$' && hash[1] == '2' && strings.IndexByte("aby", hash[2]) >= 0 && hash[3] == '$' && hash[6] == '$'
	if !known || strings.Trim(string(hash[salt:]), bcryptAlphabet) != "" {
		return errors.New("the second field is no bcrypt hash; passwords never stand here in plain text")
	}
	cost, err := bcrypt.Cost(hash)
	switch {
	case err != nil:
		return errors.New("the second field is no bcrypt hash")
	case cost < MinCost || cost > MaxCost:
		return fmt.Errorf("the bcrypt hash has the cost %d, it must have %d to %d", cost, MinCost, MaxCost)
	}
	return nil
}

// dummyHash makes a hash that no password has, without computing it.
func dummyHash(cost int) []byte {
	hash := fmt.Appendf(nil, "$2a$%02d$", cost)
	random := make([]byte, 53)
	_, _ = rand.Read(random) // never fails
	for _, b := range random {
		hash = append(hash, bcryptAlphabet[b%64])
	}
	return hash
}
