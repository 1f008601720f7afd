package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Codes of problems, besides those of the kernel. Clients branch on them: they
// are never renamed.
const (
	codeInvalidRequest = "INVALID_REQUEST"
	codeNotFound       = "NOT_FOUND"
	codeMethod         = "METHOD_NOT_ALLOWED"
	codeNotAcceptable  = "NOT_ACCEPTABLE"
	codeMediaType      = "UNSUPPORTED_MEDIA_TYPE"
	codeTooLarge       = "BODY_TOO_LARGE"
	codeTruncated      = "BODY_TRUNCATED"
	codeBodyTimeout    = "BODY_TIMEOUT"
	codeConflict       = "CONFLICT"
	codeCrossOrigin    = "CROSS_ORIGIN"
	codeForeignHost    = "FOREIGN_HOST"
	codeUnavailable    = "UNAVAILABLE"
	codeTimeout        = "TIMEOUT"
	codeInternal       = "INTERNAL_ERROR"
)

// statusProcessing is the status of every refused processing, as in Imixs.
const statusProcessing = http.StatusNotAcceptable

// problem is the body of every answer that is an error (RFC 9457).
type problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`
	Code     string         `json:"code"`
	Params   []string       `json:"params,omitempty"` // what a business rule has to say
	Problems []bpmn.Problem `json:"problems,omitempty"`
	// retryAfter is the seconds after which it is worth asking again; 0 for
	// never.
	retryAfter int
}

func newProblem(status int, code, detail string) problem {
	return problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

// requestError is a fault of the request itself.
type requestError struct {
	status int
	code   string
	detail string
}

// Error implements error.
func (e *requestError) Error() string { return e.code + ": " + e.detail }

func badRequest(detail string) error {
	return &requestError{http.StatusBadRequest, codeInvalidRequest, detail}
}

func notFound(detail string) error {
	return &requestError{http.StatusNotFound, codeNotFound, detail}
}

// errPanicked stands for a panic, which has been logged.
var errPanicked = errors.New("request panicked")

// problemOf says what an error means for the client. Only errors that are
// written for clients show their text.
func problemOf(err error) problem {
	for _, decide := range []func(error) (problem, bool){requestProblem, authProblem, modelFault, processingProblem, databaseProblem} {
		if p, ok := decide(err); ok {
			return p
		}
	}
	return newProblem(http.StatusInternalServerError, codeInternal, "the request failed; the log of the server says why")
}

func requestProblem(err error) (problem, bool) {
	var request *requestError
	var syntax *workitem.SyntaxError
	var text *workitem.TextError
	switch {
	case errors.As(err, &request):
		return newProblem(request.status, request.code, request.detail), true
	case errors.As(err, &syntax):
		return newProblem(http.StatusBadRequest, string(workflow.InvalidWorkitem), syntax.Error()), true
	case errors.As(err, &text):
		return newProblem(http.StatusBadRequest, string(workflow.InvalidWorkitem), text.Error()), true
	}
	return problem{}, false
}

func modelFault(err error) (problem, bool) {
	var refused *catalog.RefusedError
	if errors.As(err, &refused) {
		p := newProblem(http.StatusBadRequest, string(workflow.InvalidModel), "the model is refused and nothing was stored")
		p.Problems = refused.Problems
		return p, true
	}
	return problem{}, false
}

func processingProblem(err error) (problem, bool) {
	var kernel *workflow.Error
	switch {
	case errors.As(err, &kernel):
		p := newProblem(statusProcessing, string(kernel.Code), kernel.Detail())
		p.Params = kernel.Params
		return p, true
	case errors.Is(err, asyncevent.ErrConflict):
		return newProblem(http.StatusConflict, codeConflict, asyncevent.ErrConflict.Error()+"; read it and try again"), true
	case errors.Is(err, workitem.ErrNotFound):
		return newProblem(http.StatusNotFound, codeNotFound, "there is no such workitem"), true
	}
	return problem{}, false
}

func databaseProblem(err error) (p problem, ok bool) {
	switch {
	case postgres.IsUnavailable(err):
		p = newProblem(http.StatusServiceUnavailable, codeUnavailable, "the database is away; whether a change was made, reading tells")
	case postgres.IsRetryable(err), postgres.IsLockTimeout(err):
		p = newProblem(http.StatusConflict, codeConflict, "somebody else is changing the same; nothing was written, try again")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), postgres.IsStatementTimeout(err):
		p = newProblem(http.StatusServiceUnavailable, codeTimeout, "the request took too long; whether a change was made, reading tells")
	default:
		return p, false
	}
	if p.Status == http.StatusServiceUnavailable {
		p.retryAfter = 2
	}
	return p, true
}

// refuse answers with the problem that an error is, and logs it if it is the
// server's.
func (a *api) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError && r.Context().Err() != context.Canceled {
		a.log.Error().Err(err).Str("method", r.Method).Str("path", r.URL.Path).Int("status", p.Status).Msg("request failed")
	}
	writeProblem(w, p)
}

func writeProblem(w http.ResponseWriter, p problem) {
	if p.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // texts and numbers only
	}
	write(w, p.Status, "application/problem+json", append(body, '\n'))
}
