package auth

import "time"

// DefaultTokenTimeout is that of [TokenSettings].
const DefaultTokenTimeout = 5 * time.Second

// TokenSettings say which tokens prove somebody. Issuer and Audience are required.
type TokenSettings struct {
	// Issuer is the provider's URL, exactly as it stands in its tokens, and
	// Audience what they must be for.
	Issuer, Audience string
	// KeysURL is where the provider's keys are; "" asks the provider.
	KeysURL string
	// NameClaims are where the name of the caller may be, the first that is there
	// counts; RoleClaims where its roles may be, all of them count. A claim is the
	// name of a member, or names of members within members, with dots in between.
	NameClaims, RoleClaims []string
	// Algorithms that tokens may be signed by, none for all that are safe.
	Algorithms []string
	// Leeway is how far the clocks of provider and server may differ; it is not
	// negative.
	Leeway time.Duration
	// Timeout bounds a request to the provider; 0 means [DefaultTokenTimeout].
	Timeout time.Duration
	// Now is the clock; nil is that of the machine.
	Now func() time.Time
}

// DefaultNameClaims are where OpenID Connect has the name of somebody.
func DefaultNameClaims() []string { return []string{"preferred_username", "sub"} }

// DefaultRoleClaims are where Keycloak and others have roles and groups.
func DefaultRoleClaims() []string { return []string{"realm_access.roles", "roles", "groups"} }
