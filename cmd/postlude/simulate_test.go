package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/simulation"
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

func TestSimulateATimeline(t *testing.T) {
	t.Parallel()
	events := filepath.Join(t.TempDir(), "events.json")
	require.NoError(t, os.WriteFile(events, []byte(`[{"at":"P2D","event":40,"items":{"reason":["settled"]}}]`), 0o600))
	out := succeed(t, `{"$taskid":[1000],"$eventid":[10]}`, "simulate", "--timeline", "--model", escalation,
		"--start", "2026-01-01T10:00:00+02:00", "--timezone", "Europe/Berlin", "--events", events, "--event", "P1D=20", "--for", "P60D")
	require.Contains(t, out, "2026-01-02T09:00:00+01:00  workitem-1  user event  20 remind")
	require.Contains(t, out, "2026-01-03T09:00:00+01:00  workitem-1  user event  40 close     1100 Open → 1900 Closed")
	require.NotContains(t, out, "Still armed")
}

func TestSimulateATimelineFails(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "events.json")
	require.NoError(t, os.WriteFile(broken, []byte(`[{"at":"P2D"}]`), 0o600))
	const first = `{"$taskid":[1000],"$eventid":[10]}`
	for name, c := range map[string]struct {
		in     string
		args   []string
		status int
		err    string
	}{
		"no timeline":     {first, []string{"--for", "P1D"}, 2, "--start, --event, --events, --for, --limit and --json need --timeline"},
		"start":           {first, []string{"--timeline", "--start", "soon"}, 2, `start: "soon" is no date-time`},
		"last hour":       {first, []string{"--timeline", "--json", "--start", "9999-12-31T23:59:59-12:00"}, 2, "is outside the years 1 to 9999"},
		"event":           {first, []string{"--timeline", "--event", "40"}, 2, `--event: event "40": TIME=EVENT is needed`},
		"event too late":  {first, []string{"--timeline", "--event", "P2D=40", "--for", "P1D"}, 2, "event 40 at P2D is after the end"},
		"limit":           {first, []string{"--timeline", "--limit=-1"}, 2, "--limit -1: a positive number is needed"},
		"time zone":       {first, []string{"--timeline", "--timezone", "Mars/Olympus"}, 2, "POSTLUDE_TIMEZONE"},
		"events":          {first, []string{"--timeline", "--events", broken}, 1, `event 1 of the array: "at" and "event" are needed`},
		"no such file":    {first, []string{"--timeline", "--events", "absent.json"}, 2, "absent.json"},
		"workitem":        {"hello", []string{"--timeline"}, 1, "read workitem"},
		"too many events": {first, []string{"--timeline", "--limit", "3"}, 1, "too many async events, perhaps without end: 3 were processed"},
		"failing event":   {first, []string{"--timeline", "--event", "P1D=99"}, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := call(t, c.in, append([]string{"simulate", "--model", escalation}, c.args...)...)
			require.Equal(t, c.status, got.status, got.err)
			require.Contains(t, got.err, c.err)
			if c.err == "" {
				require.Empty(t, got.err, "the timeline says it")
				require.Contains(t, got.out, "failed: UNDEFINED_MODEL_ENTRY")
				return
			}
			requireOneLine(t, got)
		})
	}
}

func TestATimelineHasTheKernelsSettings(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3600)
	for limit, want := range map[int]int{250: 250, 7: 7, 0: -1} {
		c := simulateCommand{Models: []string{"m"}, Plugins: "off", Adapters: "stub", Life: timelineFlags{Limit: 3}}
		got := c.options(&workflow.Kernel{Locale: "de-DE", Zone: zone, EventLogLimit: limit})
		require.Equal(t, simulation.Options{
			Models: []string{"m"}, NoPlugins: true, StubAdapters: true, Limit: 3, Locale: "de-DE", Zone: zone, EventLogLimit: want,
		}, got)
	}
}

const escalation = "../../examples/escalation.bpmn"
