package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workitem"
)

// Plugin extends what an event does. It keeps nothing between two events and
// may be used by any number of goroutines.
type Plugin interface {
	// Run works on the step. An error stops the processing of the workitem.
	Run(ctx context.Context, step *Step) error
}

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

// extend runs the adapter and the plugins of an event, and returns the event's
// properties as they have left them.
func (r *run) extend(ctx context.Context, event *bpmn.Event) (workitem.Items, error) {
	k := r.kernel
	if len(event.Adapters) == 0 && len(k.Always) == 0 && (len(k.Plugins) == 0 || len(r.model.Plugins) == 0) {
		return r.model.events[event], nil
	}
	step := r.step(event)
	if err := r.adapter(ctx, step); err != nil {
		return nil, err
	}
	if err := r.plugins(ctx, step); err != nil {
		return nil, err
	}
	for _, own := range [...]struct{ name, value string }{{workitem.UniqueID, r.id}, {workitem.TransactionID, r.transactionID}} {
		if r.items.Text(own.name) != own.value {
			return nil, fault(PluginError, "event %d (%s) changes %s", event.ID, event.ElementID, own.name)
		}
	}
	return step.Event, nil
}

// plugins runs the plugins of the model, and behind them the kernel's own.
func (r *run) plugins(ctx context.Context, step *Step) error {
	k := r.kernel
	for _, name := range r.model.Plugins {
		if plugin, ok := k.Plugins[name]; ok {
			if err := plugin.Run(ctx, step); err != nil {
				return pluginFault(name, err)
			}
		}
	}
	for _, plugin := range k.Always {
		if err := plugin.Run(ctx, step); err != nil {
			return pluginFault("generic adapter", err)
		}
	}
	return nil
}

// pluginFault gives an error of a plugin a code, unless it has one or is not the
// plugin's.
func pluginFault(name string, err error) error {
	var e *Error
	if errors.As(err, &e) || Outside(err) {
		return err
	}
	return &Error{Code: PluginError, Message: name, Err: err}
}

// isClassName says whether the name of a signal means an adapter: it looks like
// the name of a Java class.
func isClassName(name string) bool {
	begins := true
	for _, c := range name {
		switch {
		case c == '.' && !begins:
			begins = true
		case unicode.IsLetter(c), c == '_', c == '$', unicode.IsNumber(c) && !begins:
			begins = false
		default:
			return false
		}
	}
	return !begins
}

// adapter runs the first adapter of the event; Imixs does not look at others.
func (r *run) adapter(ctx context.Context, step *Step) error {
	if len(step.Element.Adapters) == 0 {
		return nil
	}
	if r.options.NoAdapters {
		return fmt.Errorf("event %d: %w", step.Element.ID, ErrAdapter)
	}
	name := step.Element.Adapters[0]
	if r.kernel.StubAdapters || !isClassName(name) {
		return nil
	}
	a, ok := r.kernel.Adapters[name]
	if !ok {
		return fault(InvalidModel, "adapter %q of event %d is not registered", name, step.Element.ID)
	}
	r.shared.adapted = true
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
