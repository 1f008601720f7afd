package conformance_test

import (
	"testing"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

// processCase is a recorded processing of a workitem.
type processCase struct {
	Workitem      items
	Models        []string
	AccessAdapter bool
	Documents     documents
	User          string
	Expect        struct {
		Items     items
		Created   []recordedEntry
		Documents []items
		Error     *failure
	}
}

func runProcess(t *testing.T, c *engineCase) error {
	t.Helper()
	var p processCase
	c.decode(t, &p)
	result, err := p.process(t)
	if err != nil || p.Expect.Error != nil {
		return p.Expect.Error.compare(err) // what it did until then is undone
	}
	compare := newComparison()
	delete(p.Expect.Items, "$isauthor") // of the original's store
	delete(p.Expect.Items, underWay)
	if err := compare.items("item", p.Expect.Items, result.Workitem.Items); err != nil {
		return err
	}
	saved := append(append(result.Others, result.Splits...), result.Workitem)
	if err := compare.documents(p.Expect.Documents, saved); err != nil {
		return err
	}
	return compare.entries(p.Expect.Created, result.Entries)
}

func (p *processCase) process(t *testing.T) (workflow.Result, error) {
	t.Helper()
	given := orEmpty(p.Workitem.clone())
	stored, err := p.Documents.Workitem(t.Context(), given.Text(workitem.UniqueID))
	if err != nil {
		return workflow.Result{}, err
	}
	opened, err := workflow.Open(given, stored)
	if err != nil {
		return workflow.Result{}, err
	}
	k := &workflow.Kernel{Models: engineModels(t, p.Models...), Plugins: plugin.Known()}
	if p.AccessAdapter {
		k.Always = plugin.Always()
	}
	return k.Process(t.Context(), opened, workflow.Options{Editor: caller(p.User), Workitems: p.Documents})
}
