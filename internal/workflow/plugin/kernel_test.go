package plugin_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

func kernel(tb testing.TB) *workflow.Kernel {
	tb.Helper()
	var models workflow.Models
	for _, name := range []string{"order.bpmn", "delivery.bpmn"} {
		f, err := os.Open(filepath.Join("testdata", name))
		require.NoError(tb, err)
		m, err := bpmn.Parse(name, f)
		require.NoError(tb, err)
		require.NoError(tb, f.Close())
		models = append(models, workflow.Prepare(m))
	}
	return &workflow.Kernel{Models: models, Plugins: plugin.Known(), Always: plugin.Always()}
}

// memory are stored workitems.
type memory map[string]workitem.Items

// Workitem implements [workflow.Workitems].
func (m memory) Workitem(_ context.Context, id string) (workitem.Items, error) {
	if it, ok := m[id]; ok {
		return it.Clone(), nil
	}
	return nil, nil
}

func order(task, event int) workitem.Items {
	it := of(workitem.UniqueID, "o", workitem.WorkitemID, "w", workitem.ModelVersion, "order-1.0", "no", "4711", "text", "Fragile", "team", "ben")
	it.Set(workitem.TaskID, task)
	it.Set(workitem.EventID, event)
	return it
}

func process(t *testing.T, items workitem.Items, store memory) (workflow.Result, error) {
	t.Helper()
	return kernel(t).Process(t.Context(), items, workflow.Options{Editor: "anna", Workitems: store})
}

func TestPluginsInAKernel(t *testing.T) {
	t.Parallel()
	result, err := process(t, order(100, 10), nil)
	require.NoError(t, err)
	it := result.Workitem.Items
	require.True(t, it.Bool("submitted"))
	require.Equal(t, "in review", it.Text("state"))
	require.Equal(t, []string{"reviewer", "anna", "ben"}, values(it, "$owner"))
	require.Equal(t, []string{"ben", "all"}, values(it, "$readaccess"))
	require.Equal(t, []string{"w1"}, values(it, "$writeaccess"))
	require.Equal(t, []string{"anna"}, values(it, "$participants"))
	require.Equal(t, "Review 4711", it.Text("$workflowsummary"))
	require.Equal(t, "Fragile", it.Text("$workflowabstract"))
	require.Equal(t, "form_review", it.Text("txtworkfloweditorid"))
	require.Equal(t, "review.png", it.Text("txtworkflowimageurl"))
	require.Equal(t, []any{entry(it.Date(workitem.LastEventDate), "submitted by anna", "anna")}, it.Values("workflow.history"))
	require.Empty(t, result.Entries)
}

func TestARuleDecidesInAKernel(t *testing.T) {
	t.Parallel()
	for amount, summary := range map[float64]string{500: "Big order 4711", 5: "Small order 4711"} {
		given := order(200, 20)
		given.Set("amount", amount)
		result, err := process(t, given, nil)
		require.NoError(t, err)
		it := result.Workitem.Items
		require.True(t, it.Bool("checked"))
		require.Equal(t, summary, it.Text("$workflowsummary"), "of the task behind the condition")
		require.Equal(t, []workflow.Entry{{Topic: "Order.Decided", Ref: "o", Data: of("no", "4711")}}, result.Entries)
	}
	given := order(200, 20)
	given.Set("amount", -1.0)
	_, err := process(t, given, nil)
	var e *workflow.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, workflow.Code("NEGATIVE"), e.Code)
	require.Equal(t, []string{"amount", "-1.0"}, e.Params)
}

func TestASubprocessAndItsOrigin(t *testing.T) {
	t.Parallel()
	given := order(300, 30)
	given.Set("amount", 500.0)
	created, err := process(t, given, memory{})
	require.NoError(t, err)
	require.Len(t, created.Others, 1)
	main, delivery := created.Workitem.Items, created.Others[0].Items
	require.Equal(t, "delivery-1.0", delivery.Text(workitem.ModelVersion))
	require.Equal(t, "o", delivery.Text("$workitemref"))
	require.Equal(t, "4711", delivery.Text("no"))
	require.Equal(t, "Fragile", delivery.Text("note"))
	require.Equal(t, "o", delivery.Text("of"))
	require.Equal(t, []any{500.0}, delivery.Values("amount"), "of the origin as it is, stored or not")
	require.Equal(t, "anna", delivery.Text(workitem.Creator))
	require.Equal(t, "/delivery/"+delivery.Text(workitem.UniqueID), main.Text("action"))
	require.Equal(t, "yes", main.Text("delivering"))

	store := memory{"o": main}
	delivery.Set(workitem.EventID, 20)
	delivery.Set("signed", "by a neighbour")
	arrived, err := process(t, delivery, store)
	require.NoError(t, err)
	require.Equal(t, 200, arrived.Workitem.Items.Int(workitem.TaskID))
	require.Len(t, arrived.Others, 1)
	origin := arrived.Others[0].Items
	require.Equal(t, "o", origin.Text(workitem.UniqueID))
	require.Equal(t, 400, origin.Int(workitem.TaskID))
	require.Equal(t, "by a neighbour", origin.Text("signed"))
	require.Equal(t, "Small order 4711", origin.Text("$workflowsummary"))
}

func TestASubprocessNeedsAStore(t *testing.T) {
	t.Parallel()
	_, err := kernel(t).Process(t.Context(), order(300, 30), workflow.Options{})
	require.ErrorIs(t, err, workflow.ErrWorkitems)
}

// The sub-process wants to move its origin, whose event moves the sub-process.
func TestAnOriginThatIsBeingProcessed(t *testing.T) {
	t.Parallel()
	delivery := of(workitem.UniqueID, "d", workitem.ModelVersion, "delivery-1.0", "$workitemref", "o")
	delivery.Set(workitem.TaskID, 100)
	given := order(300, 50)
	given.Set("$workitemref", "d")
	result, err := process(t, given, memory{"d": delivery, "o": given.Clone()})
	fails(t, err, workflow.ModelError, "processes workitem o, which is being processed")
	require.Empty(t, result)
}

func BenchmarkPlugins(b *testing.B) {
	k := kernel(b)
	for name, c := range map[string]struct{ task, event int }{"items, owner, access, application, history": {100, 10}, "rule, condition, entry": {200, 20}} {
		b.Run(name, func(b *testing.B) {
			given := order(c.task, c.event)
			given.Set("amount", 500.0)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Process(b.Context(), given, workflow.Options{Editor: "anna"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One kernel serves all goroutines; what it keeps per model is made by any of
// them.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	k := kernel(t)
	want, err := k.Process(t.Context(), order(100, 10), workflow.Options{Editor: "anna"})
	require.NoError(t, err)
	fresh := kernel(t)
	var group sync.WaitGroup
	summaries := make([]string, 16)
	for i := range summaries {
		group.Go(func() {
			for range 20 {
				result, err := fresh.Process(t.Context(), order(100, 10), workflow.Options{Editor: "anna"})
				if err == nil {
					summaries[i] = result.Workitem.Items.Text("$workflowsummary") + result.Workitem.Items.Text("state")
				}
			}
		})
	}
	group.Wait()
	for _, s := range summaries {
		require.Equal(t, want.Workitem.Items.Text("$workflowsummary")+"in review", s)
	}
}
