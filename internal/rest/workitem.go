package rest

import (
	"fmt"
	"net/http"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// maxUniqueID bounds the $uniqueid that a client chooses: it becomes a key and a
// part of subjects.
const maxUniqueID = 255

// processWorkitem processes the event $eventid and answers with the workitem as
// it then is.
func (a *api) processWorkitem(w http.ResponseWriter, r *http.Request) error {
	if err := acceptsJSON(r); err != nil {
		return err
	}
	items, err := readItems(w, r)
	if err != nil {
		return err
	}
	if err := address(items, r.PathValue("uniqueid")); err != nil {
		return err
	}
	processed, err := a.processAs(r.Context(), items)
	if err != nil {
		return err
	}
	writeItems(w, processed)
	return nil
}

// address sets the $uniqueid of the path, if it has one, in items that have none.
func address(items workitem.Items, uniqueID string) error {
	given := items.Text(workitem.UniqueID)
	switch {
	case uniqueID == "":
	case given == "":
		items.Set(workitem.UniqueID, uniqueID)
	case given != uniqueID:
		return &requestError{
			statusProcessing, string(workflow.InvalidID),
			fmt.Sprintf("the $uniqueid of the body is %q, that of the path is %q", given, uniqueID),
		}
	}
	if id := items.Text(workitem.UniqueID); len(id) > maxUniqueID {
		return badRequest(fmt.Sprintf("$uniqueid may have %d bytes", maxUniqueID))
	}
	return nil
}

// readWorkitem answers with a stored workitem.
func (a *api) readWorkitem(w http.ResponseWriter, r *http.Request) error {
	if err := acceptsJSON(r); err != nil {
		return err
	}
	uniqueID := r.PathValue("uniqueid")
	if err := checkText("$uniqueid", uniqueID); err != nil {
		return err
	}
	record, err := workitem.Load(r.Context(), a.pool, uniqueID)
	if err != nil {
		return err
	}
	if !auth.CallerOf(r.Context()).MayRead(accessOf(record.Items)) {
		return workitem.ErrNotFound
	}
	writeItems(w, record.Items)
	return nil
}
