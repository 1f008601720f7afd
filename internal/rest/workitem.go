package rest

import (
	"fmt"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// maxUniqueID bounds the $uniqueid that a client chooses: it becomes a key and a
// part of subjects.
const maxUniqueID = 255

// processWorkitem processes the event $eventid and answers with the workitem as
// it then is.
func (a *api) processWorkitem(c *call) (answer, error) {
	items, err := c.readItems()
	if err != nil {
		return nil, err
	}
	if err := address(items, c.PathValue("uniqueid")); err != nil {
		return nil, refusedFor(items, err)
	}
	disown(items)
	processed, err := a.processor.ProcessBy(c.Context(), items, c.by())
	if err != nil {
		return nil, refusedFor(items, err)
	}
	return c.workitem(processed), nil
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
func (a *api) readWorkitem(c *call) (answer, error) {
	items, err := a.readable(c)
	if err != nil {
		return nil, err
	}
	return c.workitem(items), nil
}

// readable loads the workitem of the path. One that the caller may not read is not
// there.
func (a *api) readable(c *call) (workitem.Items, error) {
	uniqueID, err := c.text("uniqueid")
	if err != nil {
		return nil, err
	}
	record, err := workitem.Load(c.Context(), a.pool, uniqueID)
	if err != nil {
		return nil, err
	}
	if !c.caller.MayRead(accessOf(record.Items)) {
		return nil, workitem.ErrNotFound
	}
	return record.Items, nil
}
