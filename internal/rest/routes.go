package rest

import (
	"net/http"

	"github.com/postlude/postlude/internal/auth"
)

// route is what answers a method on a path.
type route struct {
	methods []string
	path    string
	// level is what the caller needs at least.
	level  auth.Level
	handle handler
	// bare answers have no form: it does not matter what the client accepts.
	bare bool
}

// Paths of lists that their handler tells apart.
const (
	pathWorkitems   = "/api/workflow/workitems"
	pathWorklist    = "/api/workflow/worklist"
	pathWriteAccess = "/api/workflow/tasklist/writeaccess"
)

// routes are the paths of Imixs' REST API, and ours among them.
func (a *api) routes() []route {
	get, del := []string{http.MethodGet}, []string{http.MethodDelete}
	post, put := []string{http.MethodPost}, []string{http.MethodPut}
	either := []string{http.MethodPost, http.MethodPut}
	return []route{
		{either, "/api/model/bpmn", auth.Manager, a.deployModel, false},
		{either, "/api/model/bpmn/{file}", auth.Manager, a.deployModel, false},
		{get, "/api/model", auth.Reader, a.listModels, false},
		{get, "/api/model/{version}/bpmn", auth.Reader, a.modelSource, true},
		{del, "/api/model/{version}", auth.Manager, a.deleteModel, true},

		{either, "/api/workflow/workitem", auth.Reader, a.processWorkitem, false},
		{either, "/api/workflow/workitem/typed", auth.Reader, a.processWorkitem, false},
		{either, "/api/workflow/workitem/{uniqueid}", auth.Reader, a.processWorkitem, false},
		{either, "/api/workflow/workitem/{uniqueid}/typed", auth.Reader, a.processWorkitem, false},
		{either, pathWorkitems, auth.Reader, a.processWorkitems, false},
		{get, "/api/workflow/workitem/{uniqueid}", auth.Reader, a.readWorkitem, false},
		{get, "/api/workflow/workitem/{uniqueid}/file/{file}", auth.Reader, a.readAttachment, true},
		{get, "/api/workflow/workitem/events/{uniqueid}", auth.Reader, a.listEvents, false},
		{get, pathWorklist, auth.Reader, a.listWorkitems, false},
		{get, pathWorkitems, auth.Reader, a.listWorkitems, false},
		{get, "/api/workflow/tasklist/{key}/{value}", auth.Reader, a.listWorkitems, false},
		{get, pathWriteAccess, auth.Reader, a.listWorkitems, false},

		{get, "/api/eventlog", auth.NoAccess, a.listEntries, false},
		{get, "/api/eventlog/{entries}", auth.NoAccess, a.listEntries, false},
		{get, "/api/eventlog/entry/{id}", auth.NoAccess, a.readEntry, false},
		{put, "/api/eventlog/{topic}/{ref}", auth.NoAccess, a.createEntry, true},
		{del, "/api/eventlog/{entries}", auth.NoAccess, a.deleteEntry, true},
		{post, "/api/eventlog/lock", auth.NoAccess, a.lockDue, false},
		{post, "/api/eventlog/lock/{id}", auth.NoAccess, a.lockEntry, false},
		{post, "/api/eventlog/extend/{id}", auth.NoAccess, a.extendEntry, false},
		{post, "/api/eventlog/unlock/{id}", auth.NoAccess, a.unlockEntry, false},
		{post, "/api/eventlog/release/{interval}/{topics}", auth.NoAccess, a.releaseLocks, true},
		{post, "/api/eventlog/cancel/{id}", auth.NoAccess, a.cancelEntry, true},
		{post, "/api/eventlog/fire/{id}", auth.NoAccess, a.fireEntry, true},

		{get, "/api/logout", auth.NoAccess, logout, true},
	}
}

// mount adds the routes to a mux.
func (a *api) mount(mux *http.ServeMux) {
	for _, r := range a.routes() {
		for _, method := range r.methods {
			mux.Handle(method+" "+r.path, a.answering(r))
		}
	}
}

// logout confirms what Imixs' clients say at their end. There are no sessions.
func logout(*call) (answer, error) { return noContent{}, nil }

// handler finds the answer to a call, or says why there is none.
type handler func(c *call) (answer, error)

func (a *api) answering(r route) http.Handler {
	handle := a.needs(r.level, r.handle)
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if err := a.answer(w, request, handle, r.bare); err != nil {
			a.refuse(w, request, err)
		}
	})
}

// answer writes what the handler says. It has written nothing if there is an error.
func (a *api) answer(w http.ResponseWriter, r *http.Request, handle handler, bare bool) error {
	c, err := newCall(r, a.timeout)
	if err != nil {
		return err
	}
	defer c.end()
	if !bare {
		if c.wants, err = answerForm(r); err != nil {
			return err
		}
	}
	answer, err := handle(c)
	if err != nil {
		return err
	}
	return answer.write(w, c.form())
}
