package workflow

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workitem"
)

// Step is one event being processed: what plugins and adapters see.
type Step struct {
	// Items are those of the workitem. Changes to them stay.
	Items workitem.Items
	Event *bpmn.Event
	Model *Model
}

// Plugin extends what an event does. A plugin is made for one event of one
// workitem and is not shared.
type Plugin interface {
	// Run works on the step. An error stops the processing of the workitem.
	Run(ctx context.Context, step *Step) error
}

// NewPlugin makes a plugin.
type NewPlugin func() Plugin

// Adapter connects an event with a service outside. It may run more than once
// for one event, if a processing fails behind it.
type Adapter interface {
	// Execute works on the step. An [*AdapterError] is recorded in the
	// workitem, for conditions to react to; any other error stops the
	// processing.
	Execute(ctx context.Context, step *Step) error
}

// AdapterError says that an adapter failed in a way that the model deals with.
type AdapterError struct {
	Context, Code, Message string
	Params                 []string
}

// Error implements error.
func (e *AdapterError) Error() string { return fmt.Sprintf("adapter %s: %s", e.Code, e.Message) }

// extend runs the adapter and the plugins of an event.
func (r *run) extend(ctx context.Context, step *Step) error {
	if err := r.adapter(ctx, step); err != nil {
		return err
	}
	for _, name := range step.Model.Plugins {
		create, ok := r.kernel.Plugins[name]
		if !ok {
			continue
		}
		if err := create().Run(ctx, step); err != nil {
			var e *Error
			if errors.As(err, &e) {
				return err
			}
			return &Error{Code: PluginError, Message: name, Err: err}
		}
	}
	return nil
}

// className is what the name of a signal looks like if it means an adapter.
const className = `^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$`

// adapter runs the first adapter of the event; Imixs does not look at others.
func (r *run) adapter(ctx context.Context, step *Step) error {
	if len(step.Event.Adapters) == 0 {
		return nil
	}
	if r.options.NoAdapters {
		return fmt.Errorf("event %d: %w", step.Event.ID, ErrAdapter)
	}
	name := step.Event.Adapters[0]
	if ok, err := regexp.MatchString(className, name); r.kernel.StubAdapters || !ok || err != nil {
		return err
	}
	a, ok := r.kernel.Adapters[name]
	if !ok {
		return fault(InvalidModel, "adapter %q of event %d is not registered", name, step.Event.ID)
	}
	err := a.Execute(ctx, step)
	var failed *AdapterError
	if errors.As(err, &failed) {
		record(step.Items, failed)
		return nil
	}
	if err != nil {
		return fmt.Errorf("adapter %s: %w", name, err)
	}
	return nil
}

const (
	adapterErrorContext = "adapter.error_context"
	adapterErrorCode    = "adapter.error_code"
	adapterErrorParams  = "adapter.error_params"
	adapterErrorMessage = "adapter.error_message"
)

// record puts an error in front of earlier ones.
func record(items workitem.Items, e *AdapterError) {
	params := make([]any, len(e.Params))
	for i, p := range e.Params {
		params[i] = p
	}
	for name, values := range map[string][]any{
		adapterErrorContext: {e.Context}, adapterErrorCode: {e.Code}, adapterErrorParams: params, adapterErrorMessage: {e.Message},
	} {
		items.Append(name, values...)
		slices.Reverse(items.Values(name))
	}
}
