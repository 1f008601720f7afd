package eventlog

import (
	"context"
	"fmt"
	"net/http"
)

// credentials say to the server who calls.
type credentials struct {
	username, password string
	ask                func(ctx context.Context) (string, error)

	turn  chan struct{} // of one: who has sent to it may use what follows
	token string        // the latest, "" before the first
}

func newCredentials(o Options) *credentials {
	return &credentials{username: o.Username, password: o.Password, ask: o.Token, turn: make(chan struct{}, 1)}
}

// authorize puts the credentials into a request and returns the token that it
// used, "" for none. refused is a token that the server did not accept.
func (l *credentials) authorize(r *http.Request, refused string) (token string, err error) {
	switch {
	case l.ask != nil:
		if token, err = l.current(r.Context(), refused); err != nil {
			return "", &tokenError{err}
		}
		r.Header.Set("Authorization", "Bearer "+token)
	case l.username != "":
		r.SetBasicAuth(l.username, l.password)
	}
	return token, nil
}

// current is the latest token, unless that was refused.
func (l *credentials) current(ctx context.Context, refused string) (string, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if l.token != "" && l.token != refused {
		return l.token, nil
	}
	token, err := l.ask(ctx)
	if err != nil {
		return "", err
	}
	l.token = token
	return token, nil
}

// tokenError is the error of whoever was asked for a token.
type tokenError struct{ err error }

// Error implements error.
func (e *tokenError) Error() string { return fmt.Sprintf("get a token: %v", e.err) }

func (e *tokenError) Unwrap() error { return e.err }
