// Package simulate processes one event of a workitem without a database and a
// broker, and shows what a real run would store and arm. It also plays whole
// lives, by package simulation.
package simulate

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/postlude/postlude/internal/dryrun"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Options are the flags of the command.
type Options struct {
	// Models are names of BPMN files.
	Models []string
	// Kernel has the plugins, adapters and settings of the kernel; it is not
	// changed. nil means a kernel without any.
	Kernel *workflow.Kernel
	// PluginsOff leaves out all plugins.
	PluginsOff bool
	// StubAdapters makes every signal adapter do nothing.
	StubAdapters bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Run reads the items of a workitem as JSON, processes the event they name and
// writes one JSON document: the workitem, its splits and the async events a
// real run would write to the event log, or an error with code and message. What
// else plugins made is there only if they made any: others are further workitems,
// entries those of the event log. What a real run could not store is an error.
//
// The workitem is taken for a new one, as there is no store that could have it.
//
// It returns whether the event was processed. The error is for a document that
// could not be written.
func Run(ctx context.Context, o Options, in io.Reader, out io.Writer) (bool, error) {
	document, failed := simulate(ctx, o, in)
	if failed != nil {
		document = errorDocument(failed)
	}
	if _, err := out.Write(append(document, '\n')); err != nil {
		return false, fmt.Errorf("write result: %w", err)
	}
	return failed == nil, nil
}

func simulate(ctx context.Context, o Options, in io.Reader) ([]byte, error) {
	models, err := dryrun.ReadModels(nil, o.Models)
	if err != nil {
		return nil, err
	}
	given, err := readItems(in, models)
	if err != nil {
		return nil, err
	}
	items, err := workflow.Open(given, nil)
	if err != nil {
		return nil, err
	}
	k := o.kernel(models)
	result, err := k.Process(ctx, items, workflow.Options{Workitems: nothing{}})
	if err != nil {
		return nil, err
	}
	return document(result, k.Now().In(zone(k)))
}

// document shows a result that can be stored.
func document(result workflow.Result, now time.Time) ([]byte, error) {
	if err := dryrun.CheckItems(result); err != nil {
		return nil, err
	}
	events, err := armed(result, now)
	if err != nil {
		return nil, err
	}
	if err := dryrun.CheckEntries(result); err != nil {
		return nil, err
	}
	return resultDocument(result, events), nil
}

// kernel returns one with the settings of the given one.
func (o Options) kernel(models workflow.Models) *workflow.Kernel {
	given := o.Kernel
	if given == nil {
		given = &workflow.Kernel{}
	}
	k := &workflow.Kernel{
		Models: models, Adapters: given.Adapters, StubAdapters: o.StubAdapters,
		Locale: given.Locale, Zone: given.Zone, Property: given.Property, EventLogLimit: given.EventLogLimit, Now: o.Now,
	}
	if !o.PluginsOff {
		k.Plugins, k.Always = given.Plugins, given.Always
	}
	if k.Now == nil {
		k.Now = time.Now
	}
	return k
}

// zone is that of timers.
func zone(k *workflow.Kernel) *time.Location {
	if k.Zone == nil {
		return time.UTC
	}
	return k.Zone
}

// nothing is a store without workitems.
type nothing struct{}

// Workitem implements [workflow.Workitems].
func (nothing) Workitem(context.Context, string) (workitem.Items, error) { return nil, nil }

// readItems reads the workitem. Without a $modelversion it is one of the only
// model.
func readItems(in io.Reader, models workflow.Models) (workitem.Items, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read workitem: %w", err)
	}
	items, err := workitem.ParseJSON(data)
	if err != nil {
		return nil, &workflow.Error{Code: workflow.InvalidWorkitem, Message: "read workitem", Err: err}
	}
	if items.Empty(workitem.ModelVersion) && len(models) == 1 {
		items.Set(workitem.ModelVersion, models[0].Version)
	}
	return items, nil
}
