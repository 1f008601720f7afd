package openid

import (
	"encoding/base64"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
)

// maxToken bounds the tokens that are looked at, in bytes.
const maxToken = 32 << 10

// isCompact says whether a token has the one form that is accepted: three parts in
// base64, spelled as they are when encoded. Whoever has a token could write it in
// endless other ways, and each would be remembered.
func isCompact(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > maxToken {
		return false
	}
	for _, part := range parts {
		// The decoder alone passes over line ends.
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil || strings.ContainsAny(part, "\r\n") {
			return false
		}
	}
	return true
}

// isForAccess says whether a token may be one for access, by its type. Others
// that a provider signs, as those that end sessions, are for the same audience.
func isForAccess(header jose.Header) bool {
	kind, given := header.ExtraHeaders[jose.HeaderType]
	if !given {
		return true
	}
	text, _ := kind.(string)
	text = strings.ToLower(text)
	switch strings.TrimPrefix(text, "application/") {
	case "jwt", "at+jwt":
		return true
	}
	return false
}
