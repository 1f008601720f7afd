package workflow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

func TestNextTask(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		models []string
		given  workitem.Items
		want   int
		err    string
	}{
		"straight":    {models: []string{"boundary-events-and-gateway"}, given: at("permit-1.0", 100, 10), want: 200},
		"a follow-up": {models: []string{"plugins-in-order"}, given: at("plugin-1.0", 100, 10), want: 200},
		"a split":     {models: []string{"split-into-three"}, given: at("split-1.0", 100, 10), want: 200},
		"another model": {
			models: []string{"model-switch-from", "model-switch-to"}, given: at("from-1.0", 100, 20), want: 800,
		},
		"a throw event, where it stays": {
			models: []string{"follow-up-to-throw-event"}, given: at("follow-up-to-throw-event-1.0", 100, 10), want: 100,
		},
		"a loop":     {models: []string{"follow-up-loop"}, given: at("loop-1.0", 100, 10), err: "loop detected"},
		"a dead end": {models: []string{"dead-end"}, given: at("dead-end-1.0", 100, 10), err: "leads to no task or event"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := kernel(t, c.models...)
			var seen []string
			k.Always = []workflow.Plugin{each(func(ctx context.Context, step *workflow.Step) error {
				before := step.Items.Clone()
				task, err := step.NextTask(ctx)
				require.Equal(t, before, step.Items, "nothing moves")
				seen = append(seen, fmt.Sprint(task.Int("taskid"), " ", err))
				return err
			})}
			_, err := k.Process(t.Context(), c.given, workflow.Options{})
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(c.want, " <nil>"), seen[0])
		})
	}
}

// A condition is evaluated on what the plugins in front have made.
func TestNextTaskDependsOnTheItems(t *testing.T) {
	t.Parallel()
	k := kernel(t, "decision")
	k.Always = []workflow.Plugin{each(func(ctx context.Context, step *workflow.Step) error {
		for _, points := range []int{0, 1000} {
			step.Items.Set("points", points)
			task, err := step.NextTask(ctx)
			require.NoError(t, err)
			step.Items.Append("next", task.Int("taskid"))
		}
		return nil
	})}
	result, err := k.Process(t.Context(), at("decision-1.0", 100, 10), workflow.Options{})
	require.NoError(t, err)
	next := texts(result.Workitem.Items, "next")
	require.Len(t, next, 2)
	require.NotEqual(t, next[0], next[1])
	require.Equal(t, next[1], result.Workitem.Items.Text(workitem.TaskID))
}

func TestTasksHave(t *testing.T) {
	t.Parallel()
	for model, c := range map[string]struct {
		given     workitem.Items
		have, not string
	}{
		"other/acl":         {at("acl-1.0", 100, 10), "keyupdateacl namownershipnames acl.update", "workflow.summary keyaddreadfields keyaddwritefields nothing"},
		"model-switch-from": {at("from-1.0", 100, 20), "keyupdateacl nothing", ""}, // who knows what the other model has
		"decision":          {at("decision-1.0", 100, 10), "", "keyupdateacl"},
	} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			k := kernel(t, model)
			seen := false
			k.Always = []workflow.Plugin{each(func(_ context.Context, step *workflow.Step) error {
				seen = true
				for name := range strings.FieldsSeq(c.have) {
					require.True(t, step.TasksHave(name), name)
				}
				for name := range strings.FieldsSeq(c.not) {
					require.False(t, step.TasksHave(name), name)
				}
				return nil
			})}
			_, _ = k.Process(t.Context(), c.given, workflow.Options{})
			require.True(t, seen)
		})
	}
}

type testKey int

func TestKeepMakesOncePerModel(t *testing.T) {
	t.Parallel()
	k := kernel(t, "decision")
	made := 0
	k.Always = []workflow.Plugin{each(func(_ context.Context, step *workflow.Step) error {
		for key := range 1100 {
			require.Equal(t, key, step.Keep(testKey(key), func() any { made++; return key }))
		}
		return nil
	})}
	for range 2 {
		_, err := k.Process(t.Context(), at("decision-1.0", 100, 10), workflow.Options{})
		require.NoError(t, err)
	}
	require.Equal(t, 1000+100+100, made, "of what is too much, each is made again")
}
