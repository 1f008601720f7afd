package simulation

import (
	"context"
	"errors"
	"maps"

	"github.com/postlude/postlude/internal/workflow"
)

// Adapter stands in for a signal adapter. It may change the items. An
// [*AdapterError] is recorded in the workitem, for conditions to react to; any
// other error stops the processing.
type Adapter func(event Event, items map[string][]any) error

// AdapterError says that an adapter failed in a way that the model deals with.
type AdapterError struct {
	Context, Code, Message string
	Params                 []string
}

// Error implements error.
func (e *AdapterError) Error() string { return "adapter " + e.Code + ": " + e.Message }

// execute lets the adapter work on the step's items, and brings these into form.
func (a Adapter) execute(step *workflow.Step) error {
	err := a(Event{ID: step.Element.ID, Name: step.Element.Name}, step.Items)
	items, invalid := itemsOf(step.Items)
	if invalid != nil {
		return invalid
	}
	clear(step.Items)
	maps.Copy(step.Items, items)
	var failed *AdapterError
	if errors.As(err, &failed) {
		return (*workflow.AdapterError)(failed)
	}
	return err
}

// adapter is an [Adapter] as the kernel knows it.
type adapter struct{ Adapter }

// Execute implements [workflow.Adapter].
func (a adapter) Execute(_ context.Context, step *workflow.Step) error { return a.execute(step) }

func adapters(given map[string]Adapter) map[string]workflow.Adapter {
	list := make(map[string]workflow.Adapter, len(given))
	for name, a := range given {
		list[name] = adapter{a}
	}
	return list
}
