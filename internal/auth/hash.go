package auth

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// Bounds of passwords. bcrypt does not look at what comes behind the 72nd byte, and
// takes a password for the same that is repeated with a NUL in between.
const (
	minPassword = 8 // characters
	maxPassword = 72
)

// isDistinct says whether bcrypt can tell a password from all others.
func isDistinct(password string) bool {
	return password != "" && len(password) <= maxPassword && !strings.ContainsRune(password, 0)
}

// HashPassword returns the bcrypt hash of a password.
func HashPassword(password string, cost int) (string, error) {
	switch {
	case len([]rune(password)) < minPassword:
		return "", fmt.Errorf("the password must have at least %d characters", minPassword)
	case len(password) > maxPassword:
		return "", fmt.Errorf("the password may have %d bytes", maxPassword)
	case strings.ContainsRune(password, 0):
		return "", errors.New("the password must not have the character NUL")
	case cost < MinCost || cost > MaxCost:
		return "", fmt.Errorf("the cost must be %d to %d", MinCost, MaxCost)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	if err != nil {
		return "", errors.New("the password cannot be hashed")
	}
	return string(hash), nil
}
