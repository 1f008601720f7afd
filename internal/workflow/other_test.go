package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// each is a plugin that runs for every event.
type each func(ctx context.Context, step *workflow.Step) error

// Run implements [workflow.Plugin].
func (e each) Run(ctx context.Context, step *workflow.Step) error { return e(ctx, step) }

// stored are workitems in memory.
type stored map[string]workitem.Items

// Workitem implements [workflow.Workitems].
func (s stored) Workitem(_ context.Context, id string) (workitem.Items, error) {
	if items, ok := s[id]; ok {
		return items.Clone(), nil
	}
	return nil, nil
}

// away is a store that cannot be read.
type away struct{ err error }

// Workitem implements [workflow.Workitems].
func (a away) Workitem(context.Context, string) (workitem.Items, error) { return nil, a.err }

func named(id, version string, task, event int) workitem.Items {
	items := at(version, task, event)
	items.Set(workitem.UniqueID, id)
	return items
}

// ids of what was reached, in order.
func ids(reached []workflow.Reached) []string {
	var list []string
	for _, r := range reached {
		list = append(list, r.Items.Text(workitem.UniqueID))
	}
	return list
}

// plain is a kernel with models that name no plugins, and one plugin.
func plain(t *testing.T, run each) *workflow.Kernel {
	t.Helper()
	k := kernel(t, "plugins-in-order", "split-into-three", "decision", "follow-up-loop", "signal-adapter")
	k.Always = []workflow.Plugin{run}
	return k
}

// onlyA lets a plugin run for the first event of the workitem a.
func onlyA(run each) each {
	return func(ctx context.Context, step *workflow.Step) error {
		if step.Items.Text(workitem.UniqueID) != "a" || step.Element.ID != 10 {
			return nil
		}
		return run(ctx, step)
	}
}

func TestAPluginProcessesAnotherWorkitem(t *testing.T) {
	t.Parallel()
	var seen workitem.Items
	k := plain(t, onlyA(func(ctx context.Context, step *workflow.Step) error {
		other, err := step.Workitem(ctx, "b")
		require.NoError(t, err)
		require.Equal(t, "kept", other.Text("note"))
		other.Set(workitem.EventID, 10)
		other.Set("note", "changed")
		seen, err = step.Process(ctx, other)
		return err
	}))
	given := named("a", "plugin-1.0", 100, 10)
	before := given.Clone()
	b := named("b", "decision-1.0", 100, 0)
	b.Set("note", "kept")
	b.Set("points", 20)
	store := stored{"b": b.Clone()}

	result, err := k.Process(t.Context(), given, workflow.Options{Editor: "anna", Workitems: store})
	require.NoError(t, err)
	require.Equal(t, before, given, "the given items are not changed")
	require.Equal(t, b, store["b"], "the stored ones neither")
	require.Equal(t, []string{"b"}, ids(result.Others))
	other := result.Others[0]
	require.Equal(t, seen, other.Items, "the plugin sees what will be stored")
	require.Equal(t, "changed", other.Items.Text("note"))
	require.Equal(t, "anna", other.Items.Text(workitem.Editor))
	require.Equal(t, "decision-1.0", other.Model.Version)
	require.NotNil(t, other.Task)
	require.Equal(t, 10, other.Items.Int(workitem.LastEvent))

	seen.Set("note", "later")
	require.Equal(t, "changed", other.Items.Text("note"), "the plugin has a copy")
}

func TestAPluginCreatesWorkitems(t *testing.T) {
	t.Parallel()
	k := plain(t, onlyA(func(ctx context.Context, step *workflow.Step) error {
		for range 2 {
			if _, err := step.Process(ctx, at("decision-1.0", 100, 10)); err != nil {
				return err
			}
		}
		return nil
	}))
	result, err := k.Process(t.Context(), named("a", "plugin-1.0", 100, 10), workflow.Options{Workitems: stored{}})
	require.NoError(t, err)
	require.Len(t, result.Others, 2)
	require.NotEqual(t, ids(result.Others)[0], ids(result.Others)[1])
	require.Equal(t, "workitem", result.Others[0].Items.Text(workitem.Type))
}

func TestTheSameWorkitemGoesOnFromItsFirstResult(t *testing.T) {
	t.Parallel()
	k := kernel(t, "plugins-in-order", "other/rounds")
	k.Always = []workflow.Plugin{onlyA(func(ctx context.Context, step *workflow.Step) error {
		for round, event := range []int{10, 20, 20} {
			other, err := step.Workitem(ctx, "b")
			if err != nil {
				return err
			}
			require.Len(t, other.Values("round"), round)
			other.Append("round", round)
			other.Set(workitem.EventID, event)
			if _, err := step.Process(ctx, other); err != nil {
				return err
			}
		}
		return nil
	})}
	store := stored{"b": named("b", "rounds-1.0", 100, 0)}
	result, err := k.Process(t.Context(), named("a", "plugin-1.0", 100, 10), workflow.Options{Workitems: store})
	require.NoError(t, err)
	require.Equal(t, []string{"b"}, ids(result.Others), "once, as it is at last")
	require.Equal(t, []string{"0", "1", "2"}, texts(result.Others[0].Items, "round"))
	require.Len(t, result.Others[0].Items.Values(workitem.EventLog), 3)
}

func TestWorkitemsThatProcessEachOtherEndInAnError(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]map[string]string{
		"itself":     {"a": "a"},
		"each other": {"a": "b", "b": "a"},
		"a ring":     {"a": "b", "b": "c", "c": "b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := plain(t, func(ctx context.Context, step *workflow.Step) error {
				_, err := step.Process(ctx, named(next[step.Items.Text(workitem.UniqueID)], "decision-1.0", 100, 10))
				return err
			})
			_, err := k.Process(t.Context(), named("a", "decision-1.0", 100, 10), workflow.Options{Workitems: stored{}})
			require.Equal(t, workflow.ModelError, workflow.ErrorCode(err))
			require.ErrorContains(t, err, "loop detected")
			require.ErrorContains(t, err, "which is being processed")
		})
	}
}

func TestNewWorkitemsWithoutEndAreAnError(t *testing.T) {
	t.Parallel()
	made := 0
	k := plain(t, func(ctx context.Context, step *workflow.Step) error {
		made++
		_, err := step.Process(ctx, at("decision-1.0", 100, 10))
		return err
	})
	_, err := k.Process(t.Context(), at("decision-1.0", 100, 10), workflow.Options{Workitems: stored{}})
	require.Equal(t, workflow.ModelError, workflow.ErrorCode(err))
	require.ErrorContains(t, err, "without end")
	require.Equal(t, 1001, made)
}

func TestSplitsOfOthersAreOthers(t *testing.T) {
	t.Parallel()
	k := plain(t, onlyA(func(ctx context.Context, step *workflow.Step) error {
		_, err := step.Process(ctx, named("b", "split-1.0", 100, 10))
		return err
	}))
	result, err := k.Process(t.Context(), named("a", "plugin-1.0", 100, 10), workflow.Options{Workitems: stored{}})
	require.NoError(t, err)
	require.Empty(t, result.Splits)
	require.Len(t, result.Others, 3)
	require.Equal(t, "b", ids(result.Others)[0])
	for _, split := range result.Others[1:] {
		require.Equal(t, "b", split.Items.Text(workitem.UniqueIDSource))
		require.Equal(t, result.Others[0].Items.Text(workitem.TransactionID), split.Items.Text(workitem.TransactionID))
	}
}

func TestASplitIsSeenAndProcessedAgain(t *testing.T) {
	t.Parallel()
	k := kernel(t, "split-into-three", "other/rounds")
	k.Always = []workflow.Plugin{each(func(ctx context.Context, step *workflow.Step) error {
		if step.Element.ID != 30 {
			return nil
		}
		// The second split processes the first, in another model.
		first := texts(step.Items, "first")[0]
		_, err := step.Process(ctx, workitem.Items{workitem.UniqueID: {first}, workitem.EventID: {int64(10)}})
		require.Error(t, err, "not callable")
		moved, err := step.Workitem(ctx, first)
		require.NoError(t, err)
		require.Equal(t, 300, moved.Int(workitem.TaskID), "a failed processing leaves no trace")
		moved.Set(workitem.ModelVersion, "rounds-1.0")
		moved.Set(workitem.EventID, 20)
		_, err = step.Process(ctx, moved)
		return err
	})}
	ids := 0
	k.NewID = func() string { ids++; return fmt.Sprintf("id%d", ids) }
	given := named("a", "split-1.0", 100, 10)
	given.Set("first", "id2") // id1 is $workitemid
	result, err := k.Process(t.Context(), given, workflow.Options{Workitems: stored{}})
	require.NoError(t, err)
	require.Empty(t, result.Others, "it stays a split")
	require.Len(t, result.Splits, 2)
	require.Equal(t, "rounds-1.0", result.Splits[0].Model.Version)
	require.Equal(t, 300, result.Splits[0].Items.Int(workitem.TaskID))
}

func TestASplitMustNotProcessItself(t *testing.T) {
	t.Parallel()
	k := plain(t, func(ctx context.Context, step *workflow.Step) error {
		if !step.Items.Has("$isversion") {
			return nil
		}
		own, err := step.Workitem(ctx, step.Items.Text(workitem.UniqueID))
		require.NoError(t, err)
		require.Equal(t, step.Items, own)
		_, err = step.Process(ctx, own)
		return err
	})
	_, err := k.Process(t.Context(), at("split-1.0", 100, 10), workflow.Options{Workitems: stored{}})
	require.ErrorContains(t, err, "which is being processed")
}

// What a failed processing of another workitem has done is gone, even if the
// plugin goes on.
func TestAFailedOtherLeavesNothing(t *testing.T) {
	t.Parallel()
	k := plain(t, func(ctx context.Context, step *workflow.Step) error {
		id := step.Items.Text(workitem.UniqueID)
		step.Create(workflow.Entry{Topic: "t", Ref: id})
		switch id {
		case "a":
			if _, err := step.Process(ctx, named("ok", "decision-1.0", 100, 10)); err != nil {
				return err
			}
			_, err := step.Process(ctx, named("fails", "decision-1.0", 100, 10))
			require.ErrorContains(t, err, "no more")
			gone, err := step.Workitem(ctx, "inner")
			require.NoError(t, err)
			require.Empty(t, gone)
			again, err := step.Workitem(ctx, "ok")
			require.NoError(t, err)
			require.Equal(t, 0, again.Int("round"))
		case "fails":
			if _, err := step.Process(ctx, named("inner", "split-1.0", 100, 10)); err != nil {
				return err
			}
			ok, err := step.Workitem(ctx, "ok")
			if err != nil {
				return err
			}
			ok.Set("round", 2)
			ok.Set(workitem.TaskID, 100)
			ok.Set(workitem.EventID, 10)
			if _, err := step.Process(ctx, ok); err == nil {
				return errors.New("ok has moved on")
			}
			return errors.New("no more")
		}
		return nil
	})
	given := named("a", "decision-1.0", 100, 10)
	result, err := k.Process(t.Context(), given, workflow.Options{Workitems: stored{}})
	require.NoError(t, err)
	require.Equal(t, []string{"ok"}, ids(result.Others))
	require.Equal(t, []workflow.Entry{{Topic: "t", Ref: "a"}, {Topic: "t", Ref: "ok"}}, result.Entries)
}

func TestAFailedRunHasNoEffects(t *testing.T) {
	t.Parallel()
	k := plain(t, func(ctx context.Context, step *workflow.Step) error {
		if step.Element.ID == 20 {
			return errors.New("too late")
		}
		step.Items.Set("touched", true)
		step.Create(workflow.Entry{Topic: "t", Ref: "r"})
		_, err := step.Process(ctx, at("decision-1.0", 100, 20))
		require.Error(t, err)
		return nil
	})
	given := named("a", "plugin-1.0", 100, 10)
	before := given.Clone()
	result, err := k.Process(t.Context(), given, workflow.Options{Workitems: stored{}})
	require.Equal(t, workflow.PluginError, workflow.ErrorCode(err))
	require.Equal(t, before, given)
	require.Empty(t, result)
}

func TestAWorkitemInProgressIsSeenAsItIs(t *testing.T) {
	t.Parallel()
	k := plain(t, func(ctx context.Context, step *workflow.Step) error {
		if step.Items.Text(workitem.UniqueID) == "b" {
			origin, err := step.Workitem(ctx, "a")
			step.Items.Set("seen", origin.Values("state")...)
			return err
		}
		if step.Element.ID != 10 {
			return nil
		}
		step.Items.Set("state", "new")
		_, err := step.Process(ctx, named("b", "decision-1.0", 100, 10))
		return err
	})
	old := named("a", "plugin-1.0", 100, 10)
	old.Set("state", "old")
	result, err := k.Process(t.Context(), old, workflow.Options{Workitems: stored{"a": old}})
	require.NoError(t, err)
	require.Equal(t, "new", result.Others[0].Items.Text("seen"))
}

func TestOtherWorkitemsAreRefusedWithoutAStore(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]each{
		"read": func(ctx context.Context, step *workflow.Step) error {
			_, err := step.Workitem(ctx, "b")
			return err
		},
		"process": func(ctx context.Context, step *workflow.Step) error {
			_, err := step.Process(ctx, at("decision-1.0", 100, 10))
			return err
		},
		"text": func(ctx context.Context, step *workflow.Step) error {
			_, err := step.Text(step.Items).Workitem(ctx, "b")
			return fmt.Errorf("a text: %w", err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := plain(t, run).Process(t.Context(), at("decision-1.0", 100, 10), workflow.Options{})
			require.ErrorIs(t, err, workflow.ErrWorkitems)
			require.True(t, workflow.Elsewhere(err))
			require.Empty(t, workflow.ErrorCode(err), "not a fault of the model")
		})
	}
}

// An error of the store is none of the plugin's: it may be gone in a minute.
func TestAnErrorOfTheStorePassesThrough(t *testing.T) {
	t.Parallel()
	k := plain(t, func(ctx context.Context, step *workflow.Step) error {
		_, err := step.Workitem(ctx, "b")
		return err
	})
	reset := errors.New("connection reset")
	for _, cause := range []error{reset, context.Canceled, context.DeadlineExceeded} {
		_, err := k.Process(t.Context(), at("decision-1.0", 100, 10), workflow.Options{Workitems: away{cause}})
		require.ErrorIs(t, err, cause)
		require.ErrorContains(t, err, "read workitem b")
		require.Empty(t, workflow.ErrorCode(err))
		require.True(t, workflow.Outside(err))
	}
	require.False(t, workflow.Outside(reset))
}

func TestTheIDsMustNotChange(t *testing.T) {
	t.Parallel()
	for _, name := range []string{workitem.UniqueID, workitem.TransactionID} {
		k := plain(t, func(_ context.Context, step *workflow.Step) error {
			step.Items.Set(name, "b")
			return nil
		})
		_, err := k.Process(t.Context(), named("a", "decision-1.0", 100, 10), workflow.Options{})
		require.Equal(t, workflow.PluginError, workflow.ErrorCode(err))
		require.ErrorContains(t, err, "changes "+name)
	}
}

func TestAnIDHasALimit(t *testing.T) {
	t.Parallel()
	k := kernel(t, "decision")
	_, err := k.Process(t.Context(), named(strings.Repeat("a", 256), "decision-1.0", 100, 10), workflow.Options{})
	require.Equal(t, workflow.InvalidID, workflow.ErrorCode(err))
}

// As in Imixs, a plugin may move a workitem to another model.
func TestAPluginMayChangeTheModel(t *testing.T) {
	t.Parallel()
	k := kernel(t, "follow-up-chain", "plugins-in-order", "decision")
	version := ""
	k.Always = []workflow.Plugin{each(func(_ context.Context, step *workflow.Step) error {
		step.Items.Set(workitem.ModelVersion, version)
		return nil
	})}
	for v, code := range map[string]workflow.Code{
		"^plugin": "", "zzz": workflow.UndefinedModelVersion, "decision-1.0": workflow.UndefinedModelEntry,
	} {
		version = v
		result, err := k.Process(t.Context(), at("chain-1.0", 100, 10), workflow.Options{})
		require.Equal(t, code, workflow.ErrorCode(err), v)
		if code == "" {
			require.NoError(t, err)
			require.Equal(t, "plugin-1.0", result.Workitem.Items.Text(workitem.ModelVersion))
			require.Equal(t, "plugin-1.0", result.Workitem.Model.Version)
		}
	}
}

func TestAChangedEventIsSeenBehindButNotNextTime(t *testing.T) {
	t.Parallel()
	k := kernel(t, "decision")
	k.Always = []workflow.Plugin{
		each(func(_ context.Context, step *workflow.Step) error {
			require.False(t, step.Event.Has("made"))
			step.Event = step.Event.Clone()
			step.Event.Set("made", "up")
			return nil
		}),
		each(func(_ context.Context, step *workflow.Step) error {
			step.Items.Set("seen", step.Event.Values("made")...)
			return nil
		}),
	}
	for range 2 {
		result, err := k.Process(t.Context(), at("decision-1.0", 100, 10), workflow.Options{})
		require.NoError(t, err)
		require.Equal(t, "up", result.Workitem.Items.Text("seen"))
	}
}

func TestAPluginMaySwitchTheModel(t *testing.T) {
	t.Parallel()
	k := kernel(t, "follow-up-chain", "plugins-in-order")
	k.Always = []workflow.Plugin{each(func(_ context.Context, step *workflow.Step) error {
		if step.Element.ElementID == "event10" && step.Items.Text(workitem.ModelVersion) == "chain-1.0" {
			step.Event = step.Event.Clone()
			step.Event.Set("txtactivityresult", "<model><version>plugin-1.0</version><task>100</task><event>10</event></model>")
		}
		return nil
	})}
	result, err := k.Process(t.Context(), at("chain-1.0", 100, 10), workflow.Options{})
	require.NoError(t, err)
	require.Equal(t, "plugin-1.0", result.Workitem.Model.Version)
	require.Equal(t, 200, result.Workitem.Items.Int(workitem.TaskID))
}

func TestAVersionOfAnySizeIsNoExpression(t *testing.T) {
	t.Parallel()
	k := kernel(t, "follow-up-chain")
	_, err := k.Process(t.Context(), at(strings.Repeat("c", 201)+"|chain", 100, 10), workflow.Options{})
	require.Equal(t, workflow.UndefinedModelVersion, workflow.ErrorCode(err))
}
