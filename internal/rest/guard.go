package rest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"
)

// guarded puts in front of a handler what holds for every request.
func (a *api) guarded(next http.Handler, localOnly bool) http.Handler {
	next = withTimeout(a.identified(next), a.timeout+bodyTime)
	next = a.crossOrigin(a.sameOrigin(next))
	if localOnly {
		next = a.local(next)
	}
	return withHeaders(a.logged(a.recovering(next)))
}

// bodyTime is how long a body may take to come, by the settings of the server.
const bodyTime = time.Minute

// strictTransport makes browsers come by TLS only, for half a year from each answer
// on: as long as somebody may be away and still be safe from who is in between.
const strictTransport = "max-age=15552000"

// withHeaders forbids to keep an answer, to guess what it is, and to run
// anything that it holds: a model is XML, which browsers show as a page. If this is
// TLS, it also forbids to come without.
func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
		h.Set("Referrer-Policy", "no-referrer")
		// Not for the names of this machine, which it has for all its ports.
		if r.TLS != nil && !isLocal(r.Host) {
			h.Set("Strict-Transport-Security", strictTransport)
		}
		next.ServeHTTP(w, r)
	})
}

// recovering makes a panic the failure of its one request.
func (a *api) recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler { //nolint:errorlint // net/http asks for exactly this value
				panic(cause)
			}
			a.log.Error().Str("method", r.Method).Str("path", r.URL.Path).
				Interface("panic", cause).Bytes("stack", debug.Stack()).Msg("request panicked")
			writeProblem(w, r, problemOf(errPanicked))
		}()
		next.ServeHTTP(w, r)
	})
}

// withTimeout ends the work on a request: what waits in Postgres is cancelled.
func withTimeout(next http.Handler, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// sameOrigin refuses what a browser sends for another site's page, unless it
// only reads: such a page does not get to see what it read. Sites that are named
// in the settings are none of those others.
func (a *api) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	for _, origin := range a.security.Origins {
		_ = protection.AddTrustedOrigin(origin) // CheckOrigin is stricter
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.refuse(w, r, &requestError{http.StatusForbidden, codeCrossOrigin, "requests from the pages of other sites are refused"})
	}))
	return protection.Handler(next)
}

// local refuses requests that name another host.
func (a *api) local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocal(r.Host) {
			a.refuse(w, r, &requestError{
				http.StatusMisdirectedRequest, codeForeignHost,
				fmt.Sprintf("the host %q is not this machine; start the API with --open to be reached under any name", r.Host),
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLocal(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
