package workflow

import (
	"cmp"
	"slices"

	"github.com/postlude/postlude/internal/workitem"
)

// CallableEvent is an event that may be processed next on a workitem.
type CallableEvent struct {
	ID   int
	Name string
	// Actors are the names of the items that say to whom the event is offered;
	// without any it is offered to everybody.
	Actors []string
	// Items are the properties of the event. They belong to the model and must
	// not be changed.
	Items workitem.Items
}

// Properties of an event that say to whom it is offered.
const (
	public       = "workflow.public"
	publicActors = "workflow.public_actors"
)

// Callable returns the events that may be processed next on the task of a stored
// workitem and that the model offers to a caller of these names, by ascending
// id; with all, also those that it offers to others, as Imixs does for managers.
// An event that is not public is offered to nobody.
//
// An event is offered by the items that it names: to whom stands in one of them,
// and to everybody if nobody does. That is no matter of rights: whoever may
// process the workitem may process each event of its task.
//
// The error is an [*Error] with UndefinedModelEntry if the model does not have the
// task.
func (m *Model) Callable(items workitem.Items, names []string, all bool) ([]CallableEvent, error) {
	task, err := m.task(items.Task())
	if err != nil {
		return nil, err
	}
	events := make([]CallableEvent, 0, len(task.Events))
	for _, e := range task.Events {
		if e.Items.Text(public) == "0" {
			continue
		}
		actors := e.Items[publicActors]
		if all || offered(items, actors, names) {
			events = append(events, CallableEvent{ID: e.ID, Name: e.Name, Actors: actors, Items: m.events[e]})
		}
	}
	slices.SortFunc(events, func(a, b CallableEvent) int { return cmp.Compare(a.ID, b.ID) })
	return events, nil
}

// offered says whether one of the names stands in one of the items, or nobody's
// does.
func offered(items workitem.Items, actors, names []string) bool {
	nobody := true
	for _, actor := range actors {
		for _, value := range items.Values(actor) {
			name := workitem.FormatValue(value)
			if name == "" {
				continue
			}
			nobody = false
			if slices.Contains(names, name) {
				return true
			}
		}
	}
	return nobody
}
