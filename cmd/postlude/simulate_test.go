package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSimulate(t *testing.T) {
	t.Parallel()
	out := succeed(t, `{"$taskid":[100],"$eventid":[10],"$uniqueid":["u1"],"amount":[50.5]}`,
		"simulate", "--plugins=off", "--adapters=stub", "--model", "testdata/approval.bpmn")
	var got struct {
		Workitem    map[string][]any `json:"workitem"`
		Splits      []any            `json:"splits"`
		AsyncEvents []map[string]any `json:"asyncEvents"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &got), out)
	require.Equal(t, []any{200.0}, got.Workitem["$taskid"])
	require.Equal(t, []any{"approval-1.0"}, got.Workitem["$modelversion"])
	require.Equal(t, []any{50.5}, got.Workitem["amount"])
	require.Empty(t, got.Splits)
	require.Equal(t, []map[string]any{{"ref": "u1", "targetEvent": 20.0, "delayMillis": 3600000.0}}, got.AsyncEvents)
}

// The document on standard output says what is wrong, and nothing else does.
func TestSimulateFails(t *testing.T) {
	t.Parallel()
	got := call(t, `{"$taskid":[100],"$eventid":[99]}`, "simulate", "--model", "testdata/approval.bpmn")
	require.Equal(t, 1, got.status)
	require.Empty(t, got.err)
	var document map[string]map[string]string
	require.NoError(t, json.Unmarshal([]byte(got.out), &document), got.out)
	require.Equal(t, "UNDEFINED_MODEL_ENTRY", document["error"]["code"])
}
