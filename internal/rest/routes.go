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
	const formed, bare = false, true
	return []route{
		{either, "/api/model/bpmn", auth.Manager, a.deployModel, formed},
		{either, "/api/model/bpmn/{file}", auth.Manager, a.deployModel, formed},
		{get, "/api/model", auth.Reader, a.listModels, formed},
		{get, "/api/model/{version}/bpmn", auth.Reader, a.modelSource, bare},
		{del, "/api/model/{version}", auth.Manager, a.deleteModel, bare},

		{either, "/api/workflow/workitem", auth.Reader, a.processWorkitem, formed},
		{either, "/api/workflow/workitem/typed", auth.Reader, a.processWorkitem, formed},
		{either, "/api/workflow/workitem/{uniqueid}", auth.Reader, a.processWorkitem, formed},
		{either, "/api/workflow/workitem/{uniqueid}/typed", auth.Reader, a.processWorkitem, formed},
		{either, pathWorkitems, auth.Reader, a.processWorkitems, formed},
		{get, "/api/workflow/workitem/{uniqueid}", auth.Reader, a.readWorkitem, formed},
		{get, "/api/workflow/workitem/{uniqueid}/file/{file}", auth.Reader, a.readAttachment, bare},
		{get, "/api/workflow/workitem/events/{uniqueid}", auth.Reader, a.listEvents, formed},
		{get, pathWorklist, auth.Reader, a.listWorkitems, formed},
		{get, pathWorkitems, auth.Reader, a.listWorkitems, formed},
		{get, "/api/workflow/tasklist/{key}/{value}", auth.Reader, a.listWorkitems, formed},
		{get, pathWriteAccess, auth.Reader, a.listWorkitems, formed},

		{get, "/api/eventlog", auth.NoAccess, a.listEntries, formed},
		{get, "/api/eventlog/{entries}", auth.NoAccess, a.listEntries, formed},
		{get, "/api/eventlog/entry/{id}", auth.NoAccess, a.readEntry, formed},
		{put, "/api/eventlog/{topic}/{ref}", auth.NoAccess, a.createEntry, bare},
		{del, "/api/eventlog/{entries}", auth.NoAccess, a.deleteEntry, bare},
		{post, "/api/eventlog/lock", auth.NoAccess, a.lockDue, formed},
		{post, "/api/eventlog/lock/{id}", auth.NoAccess, a.lockEntry, formed},
		{post, "/api/eventlog/extend/{id}", auth.NoAccess, a.extendEntry, formed},
		{post, "/api/eventlog/unlock/{id}", auth.NoAccess, a.unlockEntry, formed},
		{post, "/api/eventlog/release/{interval}/{topics}", auth.NoAccess, a.releaseLocks, bare},
		{post, "/api/eventlog/cancel/{id}", auth.NoAccess, a.cancelEntry, bare},
		{post, "/api/eventlog/fire/{id}", auth.NoAccess, a.fireEntry, bare},

		{get, "/api/logout", auth.NoAccess, logout, bare},
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
		if c.wants, err = c.answerForm(); err != nil {
			return err
		}
	}
	answer, err := handle(c)
	if err != nil {
		return err
	}
	return answer.write(w, c.form())
}
