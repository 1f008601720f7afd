package dryrun_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/examples"
	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/dryrun"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

func TestReadModels(t *testing.T) {
	t.Parallel()
	embedded, err := dryrun.ReadModels(examples.FS, []string{"ticket.bpmn", "escalation.bpmn"})
	require.NoError(t, err)
	require.Len(t, embedded, 2)
	require.Equal(t, "ticket-1.0", embedded[0].Version)
	files, err := dryrun.ReadModels(nil, []string{"../../examples/ticket.bpmn"})
	require.NoError(t, err)
	require.Equal(t, "ticket-1.0", files[0].Version)

	for message, name := range map[string]string{"read model: open absent.bpmn": "absent.bpmn", "read model: empty.bpmn": "empty.bpmn"} {
		_, err := dryrun.ReadModels(fstest.MapFS{"empty.bpmn": {}}, []string{name})
		require.ErrorContains(t, err, message)
		require.Equal(t, workflow.InvalidModel, workflow.ErrorCode(err))
	}
}

// What is armed reads as it was meant: the weekly reminder is a cycle, the
// escalation is none.
func TestReadArmed(t *testing.T) {
	t.Parallel()
	models, err := dryrun.ReadModels(examples.FS, []string{"escalation.bpmn"})
	require.NoError(t, err)
	now := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	items := workitem.Items{workitem.UniqueID: {"u"}, workitem.TransactionID: {"t"}}
	entries, err := asyncevent.Arm(workflow.Reached{Items: items, Model: models[0], Task: models[0].Task(1100)}, now)
	require.NoError(t, err)
	armed, err := dryrun.ReadArmed(entries, now)
	require.NoError(t, err)
	require.Len(t, armed, 2)
	due := map[int]time.Time{}
	for _, a := range armed {
		require.Equal(t, "u", a.Ref)
		require.NotEmpty(t, a.BoundaryEvent)
		require.Equal(t, a.TargetEvent == 20, a.Occurrence.Number > 0)
		due[a.TargetEvent] = a.Occurrence.Due
	}
	require.Equal(t, map[int]time.Time{20: now.AddDate(0, 0, 7), 90: now.AddDate(0, 0, 30)}, due)

	armed, err = dryrun.ReadArmed([]outbox.NewEntry{{Data: []byte("{}"), Due: now}}, now.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, now, armed[0].Occurrence.Due, "a point in time is one")
	_, err = dryrun.ReadArmed([]outbox.NewEntry{{Data: []byte("x")}}, now)
	require.ErrorContains(t, err, "read armed event")
}

func TestChecks(t *testing.T) {
	t.Parallel()
	good := workflow.Reached{Items: workitem.Items{"a": {"b"}}}
	bad := workflow.Reached{Items: workitem.Items{"$uniqueid": {"u"}, "a": {"\x00"}}}
	require.NoError(t, dryrun.CheckItems(workflow.Result{Workitem: good, Splits: []workflow.Reached{good}}))
	for _, r := range []workflow.Result{
		{Workitem: bad}, {Workitem: good, Splits: []workflow.Reached{bad}}, {Workitem: good, Others: []workflow.Reached{bad}},
	} {
		err := dryrun.CheckItems(r)
		require.ErrorContains(t, err, `workitem u: item "a": contains the character U+0000`)
		require.Equal(t, workflow.InvalidWorkitem, workflow.ErrorCode(err))
	}
	entries := []workflow.Entry{{Topic: "t", Ref: "u"}}
	require.NoError(t, dryrun.CheckEntries(workflow.Result{Entries: entries}))
	require.ErrorContains(t, dryrun.CheckEntries(workflow.Result{Entries: append(entries, workflow.Entry{Ref: "u"})}), "topic is missing")
}
