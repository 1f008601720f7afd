package rest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/auth"
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

// AccessLog says which requests are logged, besides those that fail.
type AccessLog string

// The kinds of access logs.
const (
	LogNothing AccessLog = "off"
	LogChanges AccessLog = "changes"
	LogAll     AccessLog = "all"
)

// identified finds out who calls, and logs what was done. Health and metrics are
// for machines that have no credentials.
func (a *api) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isOpen(r) {
			next.ServeHTTP(w, r)
			return
		}
		began, seen := time.Now(), &statusWriter{ResponseWriter: w, status: http.StatusOK}
		caller, err := a.callerOf(r)
		if err == nil {
			next.ServeHTTP(seen, r.WithContext(auth.WithCaller(r.Context(), caller)))
		} else {
			a.challenge(seen, err)
			a.refuse(seen, r, err)
		}
		a.logAccess(r, done{caller: caller, refused: err, status: seen.status, took: time.Since(began)})
	})
}

// isOpen says whether a request needs no caller.
func isOpen(r *http.Request) bool {
	switch r.URL.Path {
	case "/healthz", "/readyz", "/metrics":
		return r.Method == http.MethodGet || r.Method == http.MethodHead
	}
	return false
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
	return func(w http.ResponseWriter, r *http.Request) error {
		if auth.CallerOf(r.Context()).Level < level {
			return forbidden("this needs " + level.String())
		}
		return handle(w, r)
	}
}

func forbidden(detail string) error {
	return &requestError{http.StatusForbidden, codeForbidden, detail}
}

// refusalsPerSecond bounds the lines about requests that are refused.
const refusalsPerSecond = 20

func refusalLog(log zerolog.Logger) zerolog.Logger {
	return log.Sample(&zerolog.BurstSampler{Burst: refusalsPerSecond, Period: time.Second})
}

// done is what became of a request.
type done struct {
	caller  auth.Caller
	refused error // why there is no caller
	status  int
	took    time.Duration
}

// logAccess logs who did what. The address is logged without its query, and
// nothing of headers and bodies.
func (a *api) logAccess(r *http.Request, d done) {
	log, level := a.accessLog(r, d)
	event := log.WithLevel(level)
	var refused *auth.RefusedError
	if errors.As(d.refused, &refused) {
		event.Str("reason", refused.Reason)
		if refused.Name != "" {
			event.Str("tried", refused.Name)
		}
	}
	event.Str("caller", d.caller.Name).Str("remote", r.RemoteAddr).Str("method", r.Method).Str("path", r.URL.Path).
		Int("status", d.status).Dur("took", d.took).Msg("request answered")
}

// accessLog says where a request is logged. What is refused for want of rights is
// told whatever the settings are, but who sends it without end does not fill the
// log.
func (a *api) accessLog(r *http.Request, d done) (*zerolog.Logger, zerolog.Level) {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	switch {
	case errors.Is(d.refused, auth.ErrNoCredentials):
		return &a.log, zerolog.DebugLevel
	case d.refused != nil, d.status == http.StatusForbidden:
		return &a.refusals, zerolog.InfoLevel
	case a.security.AccessLog == LogAll, a.security.AccessLog != LogNothing && !reads, d.status >= http.StatusInternalServerError:
		return &a.log, zerolog.InfoLevel
	}
	return &a.log, zerolog.DebugLevel
}

// mayTopics says why the caller must not do this with entries of topics; with no
// topic, of all topics.
func (a *api) mayTopics(ctx context.Context, action auth.Action, topics []string) error {
	caller, rules := auth.CallerOf(ctx), a.security.Topics.Topics()
	if len(topics) == 0 && !rules.MayAll(caller, action) {
		return forbidden("you may not " + string(action) + " every topic: name those you want")
	}
	for _, topic := range topics {
		if !rules.May(caller, action, topic) {
			return forbidden("you may not " + string(action) + " entries of this topic")
		}
	}
	return nil
}
