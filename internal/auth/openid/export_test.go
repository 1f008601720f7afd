package openid

import (
	"context"
	"net/http"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// FetchKeys fetches the keys of a provider by another client: that of a server with
// TLS trusts it.
func FetchKeys(ctx context.Context, issuer string, client *http.Client) ([]jose.JSONWebKey, error) {
	return (&source{issuer: issuer, client: client, timeout: 10 * time.Second}).fetch(ctx)
}
