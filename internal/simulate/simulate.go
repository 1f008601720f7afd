// Package simulate processes one event of a workitem without a database and a
// broker, and shows what a real run would store and arm.
package simulate

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Options are the flags of the command.
type Options struct {
	// Models are names of BPMN files.
	Models []string
	// Kernel has the plugins and settings of the kernel; its models, adapters and
	// clock are set. nil means a kernel without plugins.
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
// entries those of the event log.
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
	models, err := readModels(o.Models)
	if err != nil {
		return nil, err
	}
	items, err := readItems(in, models)
	if err != nil {
		return nil, err
	}
	k := o.kernel()
	k.Models = models
	result, err := k.Process(ctx, items, workflow.Options{Workitems: nothing{}})
	if err != nil {
		return nil, err
	}
	events, err := armed(result, k.Now().In(zone(k)))
	if err != nil {
		return nil, err
	}
	return resultDocument(result, events), nil
}

func (o Options) kernel() *workflow.Kernel {
	k := o.Kernel
	if k == nil {
		k = new(workflow.Kernel)
	}
	if o.PluginsOff {
		k.Plugins, k.Always = nil, nil
	}
	k.StubAdapters, k.Now = o.StubAdapters, o.Now
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

func readModels(files []string) (workflow.Models, error) {
	models := make(workflow.Models, 0, len(files))
	for _, name := range files {
		m, err := readModel(name)
		if err != nil {
			return nil, &workflow.Error{Code: workflow.InvalidModel, Message: "read model", Err: err}
		}
		models = append(models, m)
	}
	return models, nil
}

func readModel(name string) (*workflow.Model, error) {
	f, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := bpmn.Parse(name, f)
	if err != nil {
		return nil, err
	}
	return workflow.Prepare(m), nil
}

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
