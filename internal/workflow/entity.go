package workflow

import (
	"slices"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workitem"
)

// eventEntity returns the properties of an event under the names that Imixs
// gives them.
func eventEntity(e *bpmn.Event) workitem.Items {
	items := entity(e.Items, e.ElementID, e.Type, e.DataObjects)
	items.Set("eventid", e.ID)
	items.Set("numactivityid", e.ID)
	if len(e.Adapters) > 0 {
		items.Set("adapter.id", texts(e.Adapters)...)
	}
	return clip(items)
}

// taskEntity returns the properties of a task likewise.
func taskEntity(t *bpmn.Task) workitem.Items {
	items := entity(t.Items, t.ElementID, t.Type, t.DataObjects)
	items.Set("taskid", t.ID)
	items.Set("numprocessid", t.ID)
	return clip(items)
}

func entity(own bpmn.Items, id, kind string, objects []bpmn.DataObject) workitem.Items {
	items := make(workitem.Items, len(own)+4)
	items.Set("id", id)
	items.Set("type", kind)
	for name, values := range own {
		items[name] = texts(values)
	}
	for _, o := range objects {
		items.Append("dataobjects", workitem.List{o.Name, o.Documentation})
	}
	return items
}

func texts(values []string) []any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}

// clip keeps whoever appends to a shared list from writing into it.
func clip(items workitem.Items) workitem.Items {
	for name, values := range items {
		items[name] = slices.Clip(values)
	}
	return items
}
