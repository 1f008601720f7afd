package openid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// maxAnswer bounds what a provider may answer, in bytes.
const maxAnswer = 1 << 20

// source is where keys come from.
type source struct {
	issuer  string
	address string // of the keys; "" if the provider is to be asked
	client  *http.Client
	timeout time.Duration
}

// fetch reads the provider's keys. It is bounded by the timeout alone and does not
// end with the context: it is done for all requests, not for the one that happens
// to wait for it.
func (s *source) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	address := s.address
	if address == "" {
		var err error
		if address, err = s.discover(ctx); err != nil {
			return nil, fmt.Errorf("discover provider: %w", err)
		}
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := s.get(ctx, address, &set); err != nil {
		return nil, fmt.Errorf("get keys: %w", err)
	}
	list := parseKeys(set.Keys)
	if len(list) == 0 {
		return nil, errors.New("get keys: the provider has no key that can be used")
	}
	return list, nil
}

// discover asks the provider where its keys are.
func (s *source) discover(ctx context.Context) (string, error) {
	var told struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := s.get(ctx, strings.TrimSuffix(s.issuer, "/")+"/.well-known/openid-configuration", &told); err != nil {
		return "", err
	}
	if told.Issuer != s.issuer {
		return "", fmt.Errorf("it calls itself %.200q, not %q", told.Issuer, s.issuer)
	}
	if err := checkAddress(told.Keys); err != nil {
		return "", err
	}
	if isSecure(s.issuer) && !isSecure(told.Keys) {
		return "", errors.New("its keys are not to be had by https, as it is")
	}
	return told.Keys, nil
}

func isSecure(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https"
}

// get reads a JSON document. Its text is in no error.
func (s *source) get(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer has the status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return err
	}
	if json.Unmarshal(body, into) != nil {
		return errors.New("the answer is not the JSON that is expected")
	}
	return nil
}

// parseKeys passes over keys of kinds that are not known, and over secrets.
func parseKeys(texts []json.RawMessage) []jose.JSONWebKey {
	list := make([]jose.JSONWebKey, 0, len(texts))
	for _, text := range texts {
		var key jose.JSONWebKey
		if json.Unmarshal(text, &key) == nil && key.Valid() && key.IsPublic() {
			list = append(list, key)
		}
	}
	return list
}
