package rest

import (
	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// event is an event that may be processed next, in our own form.
type event struct {
	ID     int            `json:"id"`
	Name   string         `json:"name"`
	Actors []string       `json:"actors,omitempty"`
	Items  workitem.Items `json:"items"`
}

// listEvents answers with the events that may be processed next.
func (a *api) listEvents(c *call) (answer, error) {
	items, err := a.readable(c)
	if err != nil {
		return nil, err
	}
	callable, err := a.callable(c, items)
	if err != nil {
		return nil, err
	}
	native, list := make([]event, len(callable)), make([]workitem.Items, len(callable))
	for i, e := range callable {
		native[i] = event{e.ID, e.Name, e.Actors, only(e.Items, c.wanted)}
		list[i] = e.Items
	}
	return &documents{native: struct {
		Events []event `json:"events"`
	}{native}, list: list, names: c.wanted}, nil
}

func (a *api) callable(c *call, items workitem.Items) ([]workflow.CallableEvent, error) {
	if err := a.catalog.RefreshNow(c.Context()); err != nil {
		return nil, err
	}
	model, err := a.catalog.Model(c.Context(), items.Text(workitem.ModelVersion), items.Text(workitem.WorkflowGroup))
	if err != nil {
		return nil, err
	}
	return model.Callable(items, c.caller.Names, c.caller.Level >= auth.Manager)
}
