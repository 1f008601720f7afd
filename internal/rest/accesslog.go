package rest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/auth"
)

// AccessLog says which requests are logged, besides those that fail.
type AccessLog string

// The kinds of access logs.
const (
	LogNothing AccessLog = "off"
	LogChanges AccessLog = "changes"
	LogAll     AccessLog = "all"
)

// logged logs what was done. It is in front of all that answers: what is refused
// before anybody is asked who they are, and what panics, has its line too.
func (a *api) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, seen, d := time.Now(), &statusWriter{ResponseWriter: w, status: http.StatusOK}, new(done)
		next.ServeHTTP(seen, r.WithContext(context.WithValue(r.Context(), doneKey{}, d)))
		d.status, d.took = seen.status, time.Since(began)
		a.logAccess(r, *d)
	})
}

// refusalsPerSecond bounds the lines about requests that are refused.
const refusalsPerSecond = 20

func refusalLog(log zerolog.Logger) zerolog.Logger {
	return log.Sample(&zerolog.BurstSampler{Burst: refusalsPerSecond, Period: time.Second})
}

// maxLogged bounds the address in a line of the log, in bytes.
const maxLogged = 500

type doneKey struct{}

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
	path := r.URL.Path
	if len(path) > maxLogged {
		path = strings.ToValidUTF8(path[:maxLogged], "") + "…"
	}
	event.Str("caller", d.caller.Name).Str("remote", r.RemoteAddr).Str("method", r.Method).Str("path", path).
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
	case d.refused != nil, d.status == http.StatusForbidden, d.status == http.StatusMisdirectedRequest:
		return &a.refusals, zerolog.InfoLevel
	case isOpen(r):
		return &a.log, zerolog.DebugLevel // machines ask for it all the time
	case a.security.AccessLog == LogAll, a.security.AccessLog != LogNothing && !reads, d.status >= http.StatusInternalServerError:
		return &a.log, zerolog.InfoLevel
	}
	return &a.log, zerolog.DebugLevel
}
