package eventlog

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// verdict is what a failed attempt says about what was asked for.
type verdict int

const (
	// final: the server, or we, will not do it. Asking again is useless.
	final verdict = iota
	// untouched: nothing was done, and asking again may help.
	untouched
	// unknown: it may have been done, or not.
	unknown
)

// judge decides what an error of an attempt means.
func judge(err error) verdict {
	var answer *Error
	var certificate *tls.CertificateVerificationError
	var network *net.OpError
	var request *requestError
	var token *tokenError
	switch {
	case errors.As(err, &answer):
		return answer.verdict()
	case errors.As(err, &certificate), errors.As(err, &request), isUnusable(err):
		return final
	case errors.As(err, &token), errors.As(err, &network) && network.Op == "dial":
		return untouched
	}
	return unknown
}

// judge is the same, for a client that may be patient.
func (c *Client) judge(err error) verdict {
	v := judge(err)
	if c.patient && v == final && isForeign(err) {
		return unknown
	}
	return v
}

// isForeign says whether an error is an answer of somebody between us and the API:
// of a proxy that knows no server, or that has a page to show. Who refuses us is
// taken at its word.
func isForeign(err error) bool {
	var answer *Error
	return errors.As(err, &answer) && answer.Code == "" && !answer.refusesCaller()
}

func (e *Error) refusesCaller() bool {
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

func (e *Error) verdict() verdict {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return untouched
	case http.StatusConflict:
		if e.Code == "CONFLICT" { // somebody else was faster
			return untouched
		}
	case http.StatusServiceUnavailable:
		if e.Code == "PROVIDER_UNAVAILABLE" { // nobody could say who we are
			return untouched
		}
		return unknown
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return unknown
	}
	if e.cut && e.Status/100 == 4 { // a refusal, but not why
		return untouched
	}
	return final
}

// pauses grow from the first to the most.
type pauses struct{ first, most time.Duration }

// after is the pause after so many failures, the first of which is 1.
func (p pauses) after(failures int) time.Duration {
	pause := min(p.first, p.most)
	for range failures - 1 {
		if pause >= p.most/2 {
			pause = p.most
			break
		}
		pause *= 2
	}
	// Clients that failed together must not come back together.
	return pause - rand.N(pause/2+1) //nolint:gosec // a pause needs no secret
}

// afterError is the pause after an error, which may ask for more.
func (p pauses) afterError(failures int, err error) time.Duration {
	pause := p.after(failures)
	var answer *Error
	if errors.As(err, &answer) {
		pause = max(pause, answer.retryAfter)
	}
	return pause
}

// sleep waits and says whether it was for the whole time.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
