package workflow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

func TestOpenCreates(t *testing.T) {
	t.Parallel()
	group := workitem.Items{workitem.WorkflowGroup: {"Ticket"}, workitem.ProcessID: {int64(100)}, workitem.ActivityID: {int64(10)}}
	for name, c := range map[string]struct {
		given workitem.Items
		code  workflow.Code
	}{
		"all there":            {at("v", 100, 10), ""},
		"with an id":           {named("a", "v", 100, 10), ""},
		"by group, old names":  {group, ""},
		"no model":             {at("", 100, 10), workflow.UndefinedModelVersion},
		"no task":              {at("v", 0, 10), workflow.UndefinedProcessID},
		"no event":             {at("v", 100, 0), workflow.UndefinedActivityID},
		"negative":             {at("v", 100, -1), workflow.UndefinedActivityID},
		"nothing":              {workitem.Items{}, workflow.UndefinedModelVersion},
		"an id, but no model":  {named("a", "", 100, 10), workflow.OperationNotAllowed},
		"an id, but no task":   {named("a", "v", 0, 10), workflow.OperationNotAllowed},
		"an id, but no event":  {named("a", "v", 100, 0), workflow.OperationNotAllowed},
		"an id, nothing else":  {named("a", "", 0, 0), workflow.OperationNotAllowed},
		"an empty id, no task": {named("", "v", 0, 10), workflow.UndefinedProcessID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items, err := workflow.Open(c.given, nil)
			require.Equal(t, c.code, workflow.ErrorCode(err))
			if c.code != "" {
				require.ErrorIs(t, err, workflow.ErrNotAllowed)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "workitem", items.Text(workitem.Type))
		})
	}
}

func TestOpenLaysTheGivenOverTheStored(t *testing.T) {
	t.Parallel()
	stored := named("a", "v", 100, 0)
	stored.Set(workitem.Type, "ticket")
	stored.Set("kept", "k")
	stored.Set("text", "stored")
	for _, name := range []string{
		workitem.EventLog, workitem.Created, workitem.Modified, workitem.Creator, workitem.WorkitemID,
		workitem.TransactionID, workitem.UniqueIDSource, workitem.UniqueIDVersions,
	} {
		stored.Set(name, "ours")
	}
	given := stored.Clone()
	for name := range given {
		if given.Text(name) == "ours" {
			given.Set(name, "a client's")
		}
	}
	given.Remove("kept")
	given.Remove(workitem.TaskID)
	given.Set("text", "given")
	given.Set(workitem.EventID, 10)
	want := stored.Clone()
	want.Set("text", "given")
	want.Set(workitem.EventID, 10)

	items, err := workflow.Open(given.Clone(), stored.Clone())
	require.NoError(t, err)
	require.Equal(t, want, items)

	given.Set(workitem.TaskID, 200)
	_, err = workflow.Open(given.Clone(), stored.Clone())
	require.ErrorIs(t, err, workflow.ErrTask)
	require.Equal(t, workflow.InvalidTask, workflow.ErrorCode(err))
	require.ErrorContains(t, err, "task 100, not 200")
}

// A task that is 0, or no number, must not hide that the old name says another.
func TestOpenReadsTheTaskUnderBothNames(t *testing.T) {
	t.Parallel()
	for _, task := range []any{0, "x", -1} {
		given := named("a", "v", 0, 10)
		given.Set(workitem.TaskID, task)
		given.Set(workitem.ProcessID, 200)
		_, err := workflow.Open(given.Clone(), named("a", "v", 100, 0))
		if task != -1 {
			require.ErrorIs(t, err, workflow.ErrTask, "%v", task)
		}
		given.Remove(workitem.ProcessID)
		items, err := workflow.Open(given, named("a", "v", 100, 0))
		require.NoError(t, err)
		require.Equal(t, 100, items.Int(workitem.TaskID), "%v", task)
	}
}
