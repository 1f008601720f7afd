package auth

import (
	"errors"
	"fmt"

	"golang.org/x/crypto/bcrypt"
)

// Bounds of passwords. bcrypt does not look at what comes behind the 72nd byte.
const (
	minPassword = 8 // characters
	maxPassword = 72
)

// HashPassword returns the bcrypt hash of a password.
func HashPassword(password string, cost int) (string, error) {
	switch {
	case len([]rune(password)) < minPassword:
		return "", fmt.Errorf("the password must have at least %d characters", minPassword)
	case len(password) > maxPassword:
		return "", fmt.Errorf("the password may have %d bytes", maxPassword)
	case cost < MinCost || cost > MaxCost:
		return "", fmt.Errorf("the cost must be %d to %d", MinCost, MaxCost)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	if err != nil {
		return "", errors.New("the password cannot be hashed")
	}
	return string(hash), nil
}
