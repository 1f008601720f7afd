// Package simulate processes one event of a workitem without a database and a
// broker, and shows what a real run would store and arm.
package simulate

import (
	"context"
	"encoding/json"
	"errors"
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
	// Plugins are those that models may name, by class name. Others that a
	// model names are left out.
	Plugins map[string]workflow.NewPlugin
	// PluginsOff leaves out all plugins.
	PluginsOff bool
	// StubAdapters makes every signal adapter do nothing.
	StubAdapters bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Run reads the items of a workitem as JSON, processes the event they name and
// writes one JSON document: the workitem, its splits and the async events a
// real run would write to the event log, or an error with code and message.
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
	now := o.Now
	if now == nil {
		now = time.Now
	}
	k := &workflow.Kernel{Models: models, StubAdapters: o.StubAdapters, Now: now}
	if !o.PluginsOff {
		k.Plugins = o.Plugins
	}
	result, err := k.Process(ctx, items, workflow.Options{})
	if err != nil {
		return nil, err
	}
	return resultDocument(result, now()), nil
}

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

// asyncEvent is an event log entry that a real run would write.
type asyncEvent struct {
	Ref         string `json:"ref"`
	TargetEvent int    `json:"targetEvent"`
	DelayMillis int64  `json:"delayMillis"`
}

func resultDocument(r workflow.Result, now time.Time) []byte {
	events := armed(r.Workitem, now)
	doc := append([]byte(`{"workitem":`), workitem.AppendJSON(nil, r.Workitem.Items)...)
	doc = append(doc, `,"splits":[`...)
	for i, s := range r.Splits {
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = workitem.AppendJSON(doc, s.Items)
		events = append(events, armed(s, now)...)
	}
	doc = append(doc, `],"asyncEvents":`...)
	return append(append(doc, marshal(events)...), '}')
}

// armed returns what the boundary events of the reached task would write.
func armed(r workflow.Reached, now time.Time) []asyncEvent {
	events := []asyncEvent{}
	if r.Task == nil {
		return events
	}
	for _, b := range r.Task.Boundary {
		if b.TargetEvent > 0 {
			delay := b.Timer.Due(now).Sub(now)
			events = append(events, asyncEvent{Ref: r.Items.Text(workitem.UniqueID), TargetEvent: b.TargetEvent, DelayMillis: delay.Milliseconds()})
		}
	}
	return events
}

func errorDocument(err error) []byte {
	type failure struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	f := failure{Code: string(workflow.ErrorCode(err)), Message: err.Error()}
	if f.Code == "" {
		f.Code = "ERROR"
	}
	var e *workflow.Error
	if errors.As(err, &e) {
		f.Message = e.Detail()
	}
	return marshal(map[string]failure{"error": f})
}

// marshal is for values that cannot fail.
func marshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}
