package rest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/document"
	"github.com/postlude/postlude/internal/outbox"
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
	codeInvalidEntry   = "INVALID_ENTRY"
	codeLocked         = "LOCKED"
	codeNotLocked      = "NOT_LOCKED"
	codeNotYours       = "NOT_YOURS"
	codeAsync          = "ASYNC"
	codePublished      = "PUBLISHED"
	codeKeyReused      = "KEY_REUSED"
	codeModelInUse     = "MODEL_IN_USE"
)

// statusProcessing is the status of every refused processing, as in Imixs.
const statusProcessing = http.StatusNotAcceptable

// problem is what an answer that is an error says (RFC 9457).
type problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`
	Code     string         `json:"code"`
	Params   []string       `json:"params,omitempty"` // what a business rule has to say
	Problems []bpmn.Problem `json:"problems,omitempty"`
	// sent is what was to be processed, nil for nothing.
	sent workitem.Items
	// retryAfter is the seconds after which it is worth asking again; 0 for
	// never.
	retryAfter int
}

// maxDetail bounds the detail of a problem, in bytes: errors quote what was sent.
const maxDetail = 1000

func newProblem(status int, code, detail string) problem {
	if len(detail) > maxDetail {
		detail = strings.ToValidUTF8(detail[:maxDetail], "") + "…"
	}
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

// refusedError is the refusal to process a document.
type refusedError struct {
	sent workitem.Items
	err  error
}

// refusedFor remembers what was sent: Imixs answers with it.
func refusedFor(sent workitem.Items, err error) error { return &refusedError{sent, err} }

// Error implements error.
func (e *refusedError) Error() string { return e.err.Error() }

// Unwrap returns why.
func (e *refusedError) Unwrap() error { return e.err }

// errPanicked stands for a panic, which has been logged.
var errPanicked = errors.New("request panicked")

// problemOf says what an error means for the client. Only errors that are
// written for clients show their text.
func problemOf(err error) problem {
	for _, decide := range []func(error) (problem, bool){
		requestProblem, authProblem, modelFault, processingProblem, entryProblem, databaseProblem,
	} {
		if p, ok := decide(err); ok {
			p.about(err)
			return p
		}
	}
	return newProblem(http.StatusInternalServerError, codeInternal, "the request failed; the log of the server says why")
}

// about adds which document it is about, if it is one of several, and what it was.
func (p *problem) about(err error) {
	var document *asyncevent.DocumentError
	if errors.As(err, &document) {
		p.Detail = fmt.Sprintf("document %d: %s", document.Index, p.Detail)
	}
	var refused *refusedError
	if errors.As(err, &refused) {
		p.sent = refused.sent
	}
}

func requestProblem(err error) (problem, bool) {
	var request *requestError
	var syntax *workitem.SyntaxError
	var text *workitem.TextError
	var parse *document.ParseError
	switch {
	case errors.As(err, &request):
		return newProblem(request.status, request.code, request.detail), true
	case errors.As(err, &syntax):
		return newProblem(http.StatusBadRequest, string(workflow.InvalidWorkitem), syntax.Error()), true
	case errors.As(err, &parse):
		return newProblem(http.StatusBadRequest, string(workflow.InvalidWorkitem), parse.Error()), true
	case errors.As(err, &text):
		return newProblem(http.StatusBadRequest, string(workflow.InvalidWorkitem), text.Error()), true
	}
	return problem{}, false
}

func modelFault(err error) (problem, bool) {
	var refused *catalog.RefusedError
	var inUse *catalog.InUseError
	switch {
	case errors.As(err, &refused):
		p := newProblem(http.StatusBadRequest, string(workflow.InvalidModel), "the model is refused and nothing was stored")
		p.Problems = refused.Problems
		return p, true
	case errors.As(err, &inUse):
		return newProblem(http.StatusConflict, codeModelInUse, "workitems of this version are stored; force=true deletes it all the same"), true
	case errors.Is(err, catalog.ErrNotDeployed):
		return newProblem(http.StatusNotFound, codeNotFound, "there is no model of this version"), true
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

// entryFault is why an entry is invalid, without what the code says of where it was
// found.
func entryFault(err error) string {
	text := err.Error()
	if _, reason, ok := strings.Cut(text, outbox.ErrInvalid.Error()+": "); ok {
		text = reason
	}
	return strings.TrimPrefix(text, "eventlog_create: ")
}

// entryProblem is about entries of the event log.
func entryProblem(err error) (problem, bool) {
	for _, known := range []struct {
		err    error
		status int
		code   string
		detail string
	}{
		{outbox.ErrNotFound, http.StatusNotFound, codeNotFound, "there is no such entry"},
		{outbox.ErrNotYours, http.StatusConflict, codeNotYours, "another owner holds the entry"},
		{outbox.ErrNotLocked, http.StatusConflict, codeNotLocked, "the entry is not locked"},
		{outbox.ErrAsync, http.StatusConflict, codeAsync, "async events belong to workers; cancel and fire are for them"},
		{outbox.ErrPublished, http.StatusConflict, codePublished, "the entry has been published"},
		{outbox.ErrKeyReused, http.StatusUnprocessableEntity, codeKeyReused, "the Idempotency-Key was used for another entry"},
	} {
		if errors.Is(err, known.err) {
			return newProblem(known.status, known.code, known.detail), true
		}
	}
	var locked *outbox.LockedError
	switch {
	case errors.As(err, &locked):
		return newProblem(http.StatusConflict, codeLocked, locked.Error()), true
	case errors.Is(err, outbox.ErrTooManyWaiting):
		p := newProblem(http.StatusTooManyRequests, codeTooManyRequests, "too many requests wait; try again")
		p.retryAfter = 1
		return p, true
	case errors.Is(err, outbox.ErrInvalid):
		return newProblem(http.StatusBadRequest, codeInvalidEntry, entryFault(err)), true
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
	writeProblem(w, r, p)
}

// writeProblem writes a problem, or Imixs' error document, by what the client
// accepts.
func writeProblem(w http.ResponseWriter, r *http.Request, p problem) {
	if p.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if f := errorForm(r); f.isImixs() {
		writeDocuments(w, p.Status, f, []workitem.Items{p.items()}, nil)
		return
	}
	if err := writeJSON(w, p.Status, formProblem, p); err != nil {
		panic(err) // texts and numbers only
	}
}

// Items of Imixs' error document.
const (
	itemErrorCode    = "$error_code"
	itemErrorMessage = "$error_message"
)

// items are the problem as Imixs' error document: what was sent, and why not.
func (p *problem) items() workitem.Items {
	items := workitem.Items{}
	maps.Copy(items, p.sent)
	items.Set(itemErrorCode, p.Code)
	items.Set(itemErrorMessage, p.Detail)
	if len(p.Problems) > 0 {
		lines := make([]any, len(p.Problems))
		for i := range p.Problems {
			lines[i] = p.Problems[i].String()
		}
		items.Set("problems", lines...)
	}
	return items
}
