package rest

import (
	"errors"
	"net/http"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/openapi"
)

// Codes of problems with who calls.
const (
	codeUnauthenticated = "UNAUTHENTICATED"
	codeForbidden       = "FORBIDDEN"
	codeTooManyRequests = "TOO_MANY_REQUESTS"
	codeNoProvider      = "PROVIDER_UNAVAILABLE"
)

// Security says who may do what.
type Security struct {
	// Authenticator says who calls; nil asks nobody, and everybody may do
	// everything.
	Authenticator Authenticator
	// Topics are the rules for the event log; nil stands for the defaults.
	Topics *auth.TopicFile
	// Origins are the origins of other sites' pages that may use the API, as
	// https://host:port. [CheckOrigin] holds for each.
	Origins []string
	// AccessLog says which requests are logged; "" stands for LogChanges.
	AccessLog AccessLog
}

// Authenticator says who makes a request, as auth.Authenticator does.
type Authenticator interface {
	Authenticate(r *http.Request) (auth.Caller, error)
	Challenges(refused *auth.RefusedError) []string
}

// identified finds out who calls. Health and metrics are for machines that have no
// credentials, and what the API is like is no secret.
func (a *api) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isOpen(r) {
			next.ServeHTTP(w, r)
			return
		}
		caller, err := a.callerOf(r)
		if d, ok := r.Context().Value(doneKey{}).(*done); ok {
			d.caller, d.refused = caller, err
		}
		if err != nil {
			a.challenge(w, err)
			a.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(auth.WithCaller(r.Context(), caller)))
	})
}

// isOpen says whether a request needs no caller.
func isOpen(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	switch r.URL.Path {
	case "/healthz", "/readyz", "/metrics":
		return true
	}
	return openapi.IsPublic(r.URL.Path)
}

func (a *api) callerOf(r *http.Request) (auth.Caller, error) {
	if a.security.Authenticator == nil {
		return a.nobody, nil
	}
	return a.security.Authenticator.Authenticate(r)
}

// challenge says how to come back with credentials that are accepted.
func (a *api) challenge(w http.ResponseWriter, err error) {
	var refused *auth.RefusedError
	if !errors.As(err, &refused) && !errors.Is(err, auth.ErrNoCredentials) {
		return
	}
	for _, challenge := range a.security.Authenticator.Challenges(refused) {
		w.Header().Add("WWW-Authenticate", challenge)
	}
}

// authProblem says what an error of authentication means for the client.
func authProblem(err error) (p problem, ok bool) {
	var refused *auth.RefusedError
	var away *auth.UnavailableError
	switch {
	case errors.Is(err, auth.ErrNoCredentials):
		return newProblem(http.StatusUnauthorized, codeUnauthenticated, "this needs credentials"), true
	case errors.As(err, &refused):
		return newProblem(http.StatusUnauthorized, codeUnauthenticated, refused.Reason), true
	case errors.Is(err, auth.ErrBusy):
		p = newProblem(http.StatusTooManyRequests, codeTooManyRequests, "too many passwords are being checked; try again")
		p.retryAfter = 1
		return p, true
	case errors.As(err, &away):
		p = newProblem(http.StatusServiceUnavailable, codeNoProvider,
			"the token cannot be checked: its provider cannot be reached; nothing was done")
		p.retryAfter = 5
		return p, true
	}
	return p, false
}

// needs refuses callers below a level.
func (a *api) needs(level auth.Level, handle handler) handler {
	return func(c *call) (answer, error) {
		if c.caller.Level < level {
			return nil, forbidden("this needs " + level.String())
		}
		return handle(c)
	}
}

func forbidden(detail string) error {
	return &requestError{http.StatusForbidden, codeForbidden, detail}
}
