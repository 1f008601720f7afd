package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

// host runs plugins on an event that is in no model, as the recorded cases do:
// in the step of an event of a model of its own.
type host struct {
	models    workflow.Models
	documents documents
	user      string
	// next returns the next task; nil: the one to which the event leads that
	// the items name.
	next func(ctx context.Context, items workitem.Items) (workitem.Items, error)
}

const (
	hostID    = "host"
	hostModel = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:imixs="http://www.imixs.org/bpmn2">
<extensionElements><imixs:item name="txtworkflowmodelversion"><imixs:value>host</imixs:value></imixs:item></extensionElements>
<process id="p" name="Host"><task id="t" imixs:processid="1"/><intermediateCatchEvent id="e" imixs:activityid="1"/>
<sequenceFlow id="f1" sourceRef="t" targetRef="e"/><sequenceFlow id="f2" sourceRef="e" targetRef="t"/></process></definitions>`
)

// hosted is the scope of the host's event, but with the next task of the case.
type hosted struct {
	workflow.Scope
	host  *host
	items workitem.Items
}

// TasksHave implements [workflow.Scope]: the next task is always asked.
func (hosted) TasksHave(string) bool { return true }

// NextTask implements [workflow.Scope].
func (s hosted) NextTask(ctx context.Context) (workitem.Items, error) {
	if s.host.next != nil {
		return s.host.next(ctx, s.items)
	}
	return s.host.probe(ctx, s.items)
}

type pluginFunc func(ctx context.Context, step *workflow.Step) error

func (f pluginFunc) Run(ctx context.Context, step *workflow.Step) error { return f(ctx, step) }

// run gives the step its scope and calls do.
func (h *host) run(ctx context.Context, step *workflow.Step, do func(context.Context) error) (workflow.Result, error) {
	m, err := bpmn.Parse("host", strings.NewReader(hostModel))
	if err != nil {
		return workflow.Result{}, err
	}
	k := &workflow.Kernel{Models: append(h.models, workflow.Prepare(m)), Plugins: plugin.Known()}
	k.Always = []workflow.Plugin{pluginFunc(func(ctx context.Context, own *workflow.Step) error {
		if own.Items.Text(workitem.UniqueID) != hostID {
			return nil
		}
		step.Scope = hosted{Scope: own.Scope, host: h, items: step.Items}
		return do(ctx)
	})}
	given := workitem.Items{}
	given.Set(workitem.UniqueID, hostID)
	given.Set(workitem.ModelVersion, "host")
	given.Set(workitem.TaskID, 1)
	given.Set(workitem.EventID, 1)
	return k.Process(ctx, given, workflow.Options{Editor: h.user, Workitems: h.documents})
}

// probe asks the first event of a processing for its next task, and stops.
func (h *host) probe(ctx context.Context, given workitem.Items) (task workitem.Items, err error) {
	stop := errors.New("stop")
	k := &workflow.Kernel{Models: h.models, Always: []workflow.Plugin{pluginFunc(func(ctx context.Context, step *workflow.Step) error {
		if task, err = step.NextTask(ctx); err != nil {
			return err
		}
		return stop
	})}}
	if _, err = k.Process(ctx, given, workflow.Options{}); errors.Is(err, stop) {
		err = nil
	}
	return task, err
}

// documents are the stored workitems of a case.
type documents map[string]items

// Workitem implements [workflow.Workitems].
func (d documents) Workitem(_ context.Context, id string) (workitem.Items, error) {
	stored, ok := d[id]
	if !ok {
		return nil, nil
	}
	it := stored.clone()
	it.Set(workitem.UniqueID, id)
	return it, nil
}

// engineModels reads models that belong to the recorded cases.
func engineModels(t *testing.T, names ...string) workflow.Models {
	t.Helper()
	models := make(workflow.Models, len(names))
	for i, name := range names {
		source, err := os.Open(filepath.Join(folder(), "models", name))
		require.NoError(t, err)
		m, err := bpmn.Parse(name, source)
		require.NoError(t, err)
		require.NoError(t, source.Close())
		models[i] = workflow.Prepare(m)
	}
	return models
}

// underWay is the item that the original means to remove when a workitem comes
// to rest, as rule PL7 says.
const underWay = "$intermediateevent.elementid"

// documents compares the workitems that a case saved, in the order in which it
// saved them first.
func (c *comparison) documents(want []items, got []workflow.Reached) error {
	if len(want) != len(got) {
		return fmt.Errorf("%d workitems were saved, expected %d", len(got), len(want))
	}
	for i := range want {
		delete(want[i], underWay)
		if err := c.items(fmt.Sprintf("workitem %d, item", i), want[i], got[i].Items); err != nil {
			return err
		}
	}
	return nil
}

// entries compares event log entries.
func (c *comparison) entries(want []recordedEntry, got []workflow.Entry) error {
	if len(want) != len(got) {
		return fmt.Errorf("entries %v, expected %v", got, want)
	}
	for i, w := range want {
		g := got[i]
		if w.Topic != g.Topic || !c.text(w.Ref, g.Ref) || w.TimeoutMs != g.Delay.Milliseconds() || (w.Data == nil) != (g.Data == nil) {
			return fmt.Errorf("entry %v, expected %v", g, w)
		}
		if err := c.items("data of the entry, item", w.Data, g.Data); err != nil {
			return err
		}
	}
	return nil
}
