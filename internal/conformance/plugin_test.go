package conformance_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

// pluginCase is a recorded run of plugins on one event.
type pluginCase struct {
	Plugins   []string
	Event     items
	Workitem  items
	Task      json.RawMessage // given: what the next task is, perhaps null
	Models    []string
	Documents map[string]items
	User      string
	Expect    struct {
		Items      items
		EventAfter items
		Created    []recordedEntry
		Documents  []items
		Error      *failure
	}
}

// recordedEntry is an event log entry. Data is nil if it has none.
type recordedEntry struct {
	Topic, Ref string
	TimeoutMs  int64
	Data       items
}

func runPlugin(t *testing.T, c *engineCase) error {
	t.Helper()
	var p pluginCase
	c.decode(t, &p)
	step := &workflow.Step{Items: orEmpty(p.Workitem.clone()), Event: p.Event.clone(), Editor: caller(p.User)}
	result, err := p.host(t).run(t.Context(), step, func(ctx context.Context) error {
		for _, name := range p.Plugins {
			if err := pluginNamed(name).Run(ctx, step); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || p.Expect.Error != nil {
		return p.Expect.Error.compare(err) // what it did until then is undone
	}
	wantedEvent := p.Expect.EventAfter
	if wantedEvent == nil {
		wantedEvent = p.Event
	}
	compare := newComparison()
	if err := compare.items("item", p.Expect.Items, step.Items); err != nil {
		return err
	}
	if err := compare.items("event", wantedEvent, step.Event); err != nil {
		return err
	}
	if err := compare.documents(p.Expect.Documents, result.Others); err != nil {
		return err
	}
	return compare.entries(p.Expect.Created, result.Entries)
}

// pluginNamed returns a plugin by its class name without the package.
func pluginNamed(name string) workflow.Plugin {
	if name == "AccessAdapter" {
		return plugin.Access{}
	}
	return plugin.Known()["org.imixs.workflow.engine.plugins."+name]
}

// host returns where the plugins find what they ask for.
func (p *pluginCase) host(t *testing.T) *host {
	t.Helper()
	h := &host{models: engineModels(t, p.Models...), documents: p.Documents, user: caller(p.User)}
	if p.Task != nil {
		var task items
		require.NoError(t, json.Unmarshal(p.Task, &task))
		h.next = func(context.Context, workitem.Items) (workitem.Items, error) { return task.clone(), nil }
	}
	return h
}

func orEmpty(it workitem.Items) workitem.Items {
	if it == nil {
		return workitem.Items{}
	}
	return it
}

func caller(user string) string {
	if user == "" {
		return "anna"
	}
	return user
}
