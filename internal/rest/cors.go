package rest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// What pages of other sites may send and see.
const (
	corsMethods = "GET, HEAD, POST, PUT, DELETE"
	corsHeaders = "Accept, Authorization, Content-Type, Idempotency-Key, Traceparent"
	corsExposed = "Location, Retry-After, WWW-Authenticate"
	corsMaxAge  = "600" // seconds
)

// CheckOrigin says why an origin cannot be allowed: it has to be exact, as
// https://host or https://host:port. A wildcard would let any page use the
// credentials of whoever visits it.
func CheckOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != origin ||
		strings.ContainsAny(u.Host, "*@ ") || strings.ToLower(origin) != origin {
		return fmt.Errorf("the origin %q is not exactly https://host or https://host:port", origin)
	}
	return nil
}

// crossOrigin lets pages of the sites in the settings use the API, and answers what
// their browsers ask before. Cookies are never among it: there are none.
func (a *api) crossOrigin(next http.Handler) http.Handler {
	if len(a.security.Origins) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin, h := r.Header.Get("Origin"), w.Header()
		h.Add("Vary", "Origin")
		if !slices.Contains(a.security.Origins, origin) {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", corsMethods)
			h.Set("Access-Control-Allow-Headers", corsHeaders)
			h.Set("Access-Control-Max-Age", corsMaxAge)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.Set("Access-Control-Expose-Headers", corsExposed)
		next.ServeHTTP(w, r)
	})
}
