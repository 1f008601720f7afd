package workflow_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

func load(tb testing.TB, names ...string) workflow.Models {
	tb.Helper()
	var models workflow.Models
	for _, name := range names {
		f, err := os.Open(filepath.Join("testdata", name+".bpmn"))
		require.NoError(tb, err)
		m, err := bpmn.Parse(name, f)
		require.NoError(tb, err)
		require.NoError(tb, f.Close())
		models = append(models, workflow.Prepare(m))
	}
	return models
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// kernel has a clock that stands still, and ids that count.
func kernel(t *testing.T, names ...string) *workflow.Kernel {
	t.Helper()
	ids := 0
	return &workflow.Kernel{
		Models:           load(t, names...),
		Now:              func() time.Time { return noon },
		NewID:            func() string { ids++; return "id" + strconv.Itoa(ids) },
		NewTransactionID: func() string { return "tx" },
	}
}

func at(version string, task, event int) workitem.Items {
	it := workitem.Items{}
	it.Set(workitem.ModelVersion, version)
	it.Set(workitem.TaskID, task)
	it.Set(workitem.EventID, event)
	return it
}

func texts(it workitem.Items, name string) []string {
	var list []string
	for _, v := range it.Values(name) {
		list = append(list, workitem.FormatValue(v))
	}
	return list
}

func TestProcessMovesTheWorkitemToTheNextTask(t *testing.T) {
	t.Parallel()
	k := kernel(t, "boundary-events-and-gateway")
	given := at("permit-1.0", 100, 10)
	given.Set("points", 12)
	given.Set("adapter.error_code", "OLD")
	given.Set(workitem.EventLogComment, "please")
	before := given.Clone()

	result, err := k.Process(t.Context(), given, workflow.Options{Editor: "anna"})
	require.NoError(t, err)
	require.Equal(t, before, given, "the given items are not changed")
	require.Empty(t, result.Splits)

	it := result.Workitem.Items
	require.Equal(t, 200, it.Int(workitem.TaskID))
	require.Equal(t, 200, it.Int(workitem.ProcessID))
	require.Equal(t, 0, it.Int(workitem.EventID))
	require.True(t, it.Has(workitem.EventID))
	require.Equal(t, 100, it.Int(workitem.LastTask))
	require.Equal(t, 10, it.Int(workitem.LastEvent))
	require.Equal(t, noon, it.Date(workitem.LastEventDate))
	require.Equal(t, "tx", it.Text(workitem.TransactionID))
	require.Equal(t, "id1", it.Text(workitem.UniqueID))
	require.Equal(t, "id2", it.Text(workitem.WorkitemID))
	require.Equal(t, "In review", it.Text(workitem.WorkflowStatus))
	require.Equal(t, "In review", it.Text("txtworkflowstatus"))
	require.Equal(t, "Permit", it.Text(workitem.WorkflowGroup))
	require.Equal(t, "permit", it.Text(workitem.Type), "the task's application.type")
	require.Equal(t, "anna", it.Text(workitem.Creator))
	require.Equal(t, "anna", it.Text(workitem.Editor))
	require.False(t, it.Has(workitem.LastEditor))
	require.Equal(t, 12, it.Int("points"))
	require.False(t, it.Has("adapter.error_code"), "errors of an earlier adapter are gone")
	require.False(t, it.Has("$intermediateevent"))
	require.Equal(t, []string{"2026-03-01T12:00:00.000Z|permit-1.0|100|10|200|anna|please"}, texts(it, workitem.EventLog))

	require.Equal(t, 200, result.Workitem.Task.ID)
	require.Len(t, result.Workitem.Task.Boundary, 2)
	require.Equal(t, "permit-1.0", result.Workitem.Model.Version)
}

func TestProcessKeepsWhatTheWorkitemHas(t *testing.T) {
	t.Parallel()
	k := kernel(t, "boundary-events-and-gateway")
	given := at("permit-1.0", 200, 10)
	given.Set(workitem.UniqueID, "u")
	given.Set(workitem.WorkitemID, "w")
	given.Set(workitem.Creator, "anna")
	given.Set(workitem.Editor, "anna")
	given.Set(workitem.TransactionID, "old")
	_, err := k.Process(t.Context(), given, workflow.Options{Editor: "bert"})
	require.Equal(t, workflow.UndefinedModelEntry, workflow.ErrorCode(err), "10 leads to task 200, not from it")

	given.Set(workitem.EventID, 25)
	result, err := k.Process(t.Context(), given, workflow.Options{Editor: "bert"})
	require.NoError(t, err)
	it := result.Workitem.Items
	require.Equal(t, []string{"u", "w", "anna", "bert", "anna", "tx"}, []string{
		it.Text(workitem.UniqueID), it.Text(workitem.WorkitemID), it.Text(workitem.Creator),
		it.Text(workitem.Editor), it.Text(workitem.LastEditor), it.Text(workitem.TransactionID),
	})
}

func TestProcessTakesTheFlowWhoseConditionHolds(t *testing.T) {
	t.Parallel()
	k := kernel(t, "decision")
	for points, want := range map[any]int{nil: 500, 3: 500, 10: 400, "12": 400, 9.9: 500} {
		given := at("decision-1.0", 100, 10)
		given.Set("points", points)
		result, err := k.Process(t.Context(), given, workflow.Options{})
		require.NoError(t, err)
		require.Equal(t, want, result.Workitem.Task.ID, "points %v", points)
	}
}

func TestProcessAsyncMayUseEveryBoundaryEvent(t *testing.T) {
	t.Parallel()
	k := kernel(t, "boundary-events-and-gateway")
	_, err := k.Process(t.Context(), at("permit-1.0", 200, 20), workflow.Options{})
	require.Equal(t, workflow.UndefinedModelEntry, workflow.ErrorCode(err))
	result, err := k.Process(t.Context(), at("permit-1.0", 200, 20), workflow.Options{Async: true})
	require.NoError(t, err)
	require.Equal(t, 300, result.Workitem.Task.ID)
}

func TestProcessFollowsFollowUpEvents(t *testing.T) {
	t.Parallel()
	k := kernel(t, "follow-up-chain")
	result, err := k.Process(t.Context(), at("chain-1.0", 100, 10), workflow.Options{})
	require.NoError(t, err)
	const ts = "2026-03-01T12:00:00.000Z|chain-1.0|"
	require.Equal(t, []string{ts + "100|10|100||", ts + "100|20|100||", ts + "100|30|200||"}, texts(result.Workitem.Items, workitem.EventLog))
	require.Equal(t, 30, result.Workitem.Items.Int(workitem.LastEvent))
	require.Equal(t, 100, result.Workitem.Items.Int(workitem.LastTask))
}

func TestEventLogIsCut(t *testing.T) {
	t.Parallel()
	k := kernel(t, "follow-up-chain")
	k.EventLogLimit = 2
	given := at("chain-1.0", 100, 10)
	given.Set(workitem.EventLog, "a|1|2|3|4||", "b|1|2|3|4||")
	result, err := k.Process(t.Context(), given, workflow.Options{})
	require.NoError(t, err)
	const ts = "2026-03-01T12:00:00.000Z|chain-1.0|"
	require.Equal(t, []string{ts + "100|20|100||", ts + "100|30|200||"}, texts(result.Workitem.Items, workitem.EventLog))
}

func TestEventLogOfOldIsMigratedOnce(t *testing.T) {
	t.Parallel()
	k := kernel(t, "follow-up-chain")
	old := []any{"2014-08-20T13:23:06.207|1.0.0|100.10|200|", "2014-08-20T13:24:06.207|1.0.0|200.20|300|said so"}
	given := at("chain-1.0", 100, 10)
	given.Set(workitem.EventLog, old...)
	result, err := k.Process(t.Context(), given, workflow.Options{})
	require.NoError(t, err)
	it := result.Workitem.Items
	require.Equal(t, old, it.Values("$eventlogdeprecated"))
	require.Equal(t, []string{"2014-08-20T13:23:06.207Z|1.0.0|100|10|200||", "2014-08-20T13:24:06.207Z|1.0.0|200|20|300||said so"},
		texts(it, workitem.EventLog)[:2])
	require.Len(t, it.Values(workitem.EventLog), 5)
}

func TestProcessSplitsAtAParallelGateway(t *testing.T) {
	t.Parallel()
	k := kernel(t, "split-into-three")
	given := at("split-1.0", 100, 10)
	given.Set("subject", "x")
	result, err := k.Process(t.Context(), given, workflow.Options{})
	require.NoError(t, err)
	main := result.Workitem.Items
	require.Equal(t, 200, main.Int(workitem.TaskID))
	require.Len(t, result.Splits, 2, "a condition that fails does not hold")
	var ids []string
	for i, want := range []int{300, 400} {
		s := result.Splits[i]
		require.Equal(t, want, s.Task.ID)
		require.Equal(t, main.Text(workitem.UniqueID), s.Items.Text(workitem.UniqueIDSource))
		require.Equal(t, main.Text(workitem.TransactionID), s.Items.Text(workitem.TransactionID))
		require.Equal(t, noon, s.Items.Date("$created.version"))
		require.False(t, s.Items.Has("$isversion"))
		require.False(t, s.Items.Has(workitem.UniqueIDVersions))
		require.Equal(t, "x", s.Items.Text("subject"))
		ids = append(ids, s.Items.Text(workitem.UniqueID))
	}
	require.Equal(t, ids, texts(main, workitem.UniqueIDVersions))
	result.Splits[0].Items.Values("subject")[0] = "y"
	require.Equal(t, "x", main.Text("subject"), "a split shares nothing with its source")
}

func TestProcessSwitchesTheModel(t *testing.T) {
	t.Parallel()
	k := kernel(t, "model-switch-from", "model-switch-to")
	given := at("from-1.0", 100, 10)
	given.Set("goto", 70)
	result, err := k.Process(t.Context(), given, workflow.Options{})
	require.NoError(t, err)
	require.Equal(t, "to-1.0", result.Workitem.Items.Text(workitem.ModelVersion))
	require.Equal(t, "to-1.0", result.Workitem.Model.Version)
	require.Equal(t, 800, result.Workitem.Task.ID)
	require.Equal(t, "To", result.Workitem.Items.Text(workitem.WorkflowGroup))

	result, err = k.Process(t.Context(), at("from-1.0", 100, 20), workflow.Options{})
	require.NoError(t, err, "the task is optional")
	require.Equal(t, 800, result.Workitem.Task.ID)
	require.Equal(t, []string{
		"2026-03-01T12:00:00.000Z|to-1.0|100|70|100||", "2026-03-01T12:00:00.000Z|to-1.0|100|70|800||",
	}, texts(result.Workitem.Items, workitem.EventLog))
}

func TestProcessErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		models []string
		items  workitem.Items
		want   workflow.Code
	}{
		"no workitem":        {nil, nil, workflow.UndefinedWorkitem},
		"no task":            {nil, at("x", 0, 10), workflow.UndefinedProcessID},
		"no event":           {nil, at("x", 100, 0), workflow.UndefinedActivityID},
		"no such model":      {[]string{"follow-up-chain"}, at("other", 100, 10), workflow.UndefinedModelVersion},
		"no such task":       {[]string{"follow-up-chain"}, at("chain-1.0", 101, 10), workflow.UndefinedModelEntry},
		"event not callable": {[]string{"follow-up-chain"}, at("chain-1.0", 100, 20), workflow.UndefinedModelEntry},
		"loop":               {[]string{"follow-up-loop"}, at("loop-1.0", 100, 10), workflow.ModelError},
		"endless splits":     {[]string{"split-without-end"}, at("splitloop-1.0", 100, 10), workflow.ModelError},
		"gateway circle":     {[]string{"gateways-in-a-circle"}, at("circle-1.0", 100, 10), workflow.InvalidModel},
		"link to nowhere":    {[]string{"link-events"}, at("link-1.0", 100, 20), workflow.InvalidModel},
		"exception":          {[]string{"conditions"}, at("conditions-1.0", 100, 2), workflow.InvalidScript},
		"syntax":             {[]string{"conditions"}, at("conditions-1.0", 100, 3), workflow.InvalidScript},
		"native limit":       {[]string{"conditions"}, at("conditions-1.0", 100, 7), workflow.InvalidScript},
		"adapter":            {[]string{"signal-adapter"}, at("adapter-1.0", 100, 10), workflow.InvalidModel},
		"switch half":        {[]string{"model-switch-from"}, at("from-1.0", 100, 30), workflow.InvalidModel},
		"switch to nothing":  {[]string{"model-switch-from"}, at("from-1.0", 100, 40), workflow.UndefinedModelVersion},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := c.items.Clone()
			result, err := kernel(t, c.models...).Process(t.Context(), c.items, workflow.Options{})
			var e *workflow.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.want, e.Code, err)
			require.Zero(t, result)
			if c.items != nil {
				require.Equal(t, before, c.items, "the given items are not changed")
			}
		})
	}
}

func TestConditionsAreStopped(t *testing.T) {
	t.Parallel()
	k := kernel(t, "conditions")
	begin := time.Now()
	_, err := k.Process(t.Context(), at("conditions-1.0", 100, 1), workflow.Options{ScriptLimit: 25 * time.Millisecond})
	require.ErrorIs(t, err, workflow.ErrTimeLimit)
	require.Equal(t, workflow.InvalidScript, workflow.ErrorCode(err))
	require.Less(t, time.Since(begin), time.Second)
}

func TestConditionsDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	k := kernel(t, "conditions")
	for range 3 {
		result, err := k.Process(t.Context(), at("conditions-1.0", 100, 5), workflow.Options{})
		require.NoError(t, err)
		require.Equal(t, 200, result.Workitem.Task.ID)
		result, err = k.Process(t.Context(), at("conditions-1.0", 100, 6), workflow.Options{})
		require.NoError(t, err)
		require.Equal(t, 300, result.Workitem.Task.ID, "what the other condition set is gone")
	}
}

func TestProcessStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := kernel(t, "follow-up-chain").Process(ctx, at("chain-1.0", 100, 10), workflow.Options{})
	require.ErrorIs(t, err, context.Canceled)
}

type adapterFunc func(*workflow.Step) error

func (f adapterFunc) Execute(_ context.Context, s *workflow.Step) error { return f(s) }

func TestAdapters(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		adapter adapterFunc
		task    int
		err     error
	}{
		"works": {func(s *workflow.Step) error { s.Items.Set("sent", true); return nil }, 200, nil},
		"recorded": {func(*workflow.Step) error {
			return &workflow.AdapterError{Code: "C", Message: "m", Params: []string{"a"}}
		}, 300, nil},
		"fails": {func(*workflow.Step) error { return broken }, 0, broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := kernel(t, "signal-adapter")
			k.Adapters = map[string]workflow.Adapter{"com.example.Notify": c.adapter}
			result, err := k.Process(t.Context(), at("adapter-1.0", 100, 10), workflow.Options{})
			require.ErrorIs(t, err, c.err)
			if c.err == nil {
				require.Equal(t, c.task, result.Workitem.Task.ID)
			}
			_, err = k.Process(t.Context(), at("adapter-1.0", 100, 10), workflow.Options{NoAdapters: true})
			require.ErrorIs(t, err, workflow.ErrAdapter)
		})
	}
	t.Run("stub", func(t *testing.T) {
		t.Parallel()
		k := kernel(t, "signal-adapter")
		k.StubAdapters = true
		_, err := k.Process(t.Context(), at("adapter-1.0", 100, 10), workflow.Options{})
		require.NoError(t, err)
	})
}

type counter struct{}

func (counter) Run(_ context.Context, s *workflow.Step) error {
	if s.Items.Has("fail") {
		return errors.New("no")
	}
	s.Items.Append("runs", s.Element.ID)
	return nil
}

func TestPluginsRunOnEveryEvent(t *testing.T) {
	t.Parallel()
	k := kernel(t, "plugins-in-order")
	k.Plugins = map[string]workflow.Plugin{"com.example.Count": counter{}}
	result, err := k.Process(t.Context(), at("plugin-1.0", 100, 10), workflow.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"10", "20"}, texts(result.Workitem.Items, "runs"))

	failing := at("plugin-1.0", 100, 10)
	failing.Set("fail", true)
	_, err = k.Process(t.Context(), failing, workflow.Options{})
	require.Equal(t, workflow.PluginError, workflow.ErrorCode(err))
}

func TestDefaultIDs(t *testing.T) {
	t.Parallel()
	k := &workflow.Kernel{Models: load(t, "follow-up-chain")}
	seen := map[string]bool{}
	for range 100 {
		result, err := k.Process(t.Context(), at("chain-1.0", 100, 10), workflow.Options{})
		require.NoError(t, err)
		id := result.Workitem.Items.Text(workitem.TransactionID)
		require.Regexp(t, `^[0-9a-f]{9,16}$`, id)
		require.Len(t, result.Workitem.Items.Text(workitem.UniqueID), 36)
		require.False(t, seen[id])
		seen[id] = true
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	deployed := []workflow.Deployed{
		{"order-1.0", []string{"Order"}}, {"order-2.0", []string{"Order", "Return"}}, {"Order-1.5", []string{"Order"}}, {"(x", nil},
	}
	for name, c := range map[string]struct {
		version, group, want string
		code                 workflow.Code
	}{
		"exact":            {"order-1.0", "", "order-1.0", ""},
		"exact, no regexp": {"(x", "", "(x", ""},
		"regexp":           {"^order", "", "order-2.0", ""},
		"regexp finds":     {"1\\.", "", "order-1.0", ""},
		"group":            {"", "Order", "order-2.0", ""},
		"unknown version":  {"none", "", "", workflow.UndefinedModelVersion},
		"version or group": {"none", "Return", "order-2.0", ""},
		"unknown group":    {"", "order", "", workflow.InvalidID},
		"neither":          {"", "", "", workflow.UndefinedModelVersion},
		"broken regexp":    {"(y", "", "", workflow.UndefinedModelVersion},
	} {
		got, err := workflow.Select(c.version, c.group, deployed)
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.code, workflow.ErrorCode(err), name)
	}
}

func BenchmarkProcess(b *testing.B) {
	for name, c := range map[string]struct {
		model, version string
		event          int
	}{
		"plain": {"boundary-events-and-gateway", "permit-1.0", 10}, "condition": {"decision", "decision-1.0", 10},
	} {
		b.Run(name, func(b *testing.B) {
			k := &workflow.Kernel{Models: load(b, c.model)}
			given := at(c.version, 100, c.event)
			given.Set(workitem.UniqueID, "7f1c0e5e-0a56-4b7e-9a0b-5b2f0a1b2c3d")
			given.Set(workitem.WorkitemID, "7f1c0e5e-0a56-4b7e-9a0b-5b2f0a1b2c3d")
			given.Set(workitem.EventLog, "2026-03-01T12:00:00.000Z|permit-1.0|100|10|200|anna|", "2026-03-01T12:00:00.000Z|permit-1.0|100|10|200|anna|")
			for i := range 10 {
				given.Set("item"+strconv.Itoa(i), "some text", i)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Process(b.Context(), given, workflow.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
