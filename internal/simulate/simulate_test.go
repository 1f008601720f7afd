package simulate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/simulate"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
	"github.com/postlude/postlude/internal/workitem"
)

const permit = "testdata/boundary-events-and-gateway.bpmn"

type document struct {
	Workitem    map[string][]any
	Splits      []map[string][]any
	Others      []map[string][]any
	Entries     []map[string]any
	AsyncEvents []struct {
		Ref         string
		TargetEvent int
		DelayMillis int64
	}
	Error *struct {
		Code, Message string
		Params        []string
	}
}

func run(t *testing.T, o simulate.Options, in string) (document, bool) {
	t.Helper()
	var out bytes.Buffer
	ok, err := simulate.Run(t.Context(), o, strings.NewReader(in), &out)
	require.NoError(t, err)
	var d document
	require.NoError(t, json.Unmarshal(out.Bytes(), &d), out.String())
	return d, ok
}

func TestRunShowsWorkitemAndAsyncEvents(t *testing.T) {
	t.Parallel()
	d, ok := run(t, simulate.Options{Models: []string{permit}}, `{"$taskid":[100],"$eventid":[10],"$uniqueid":["u"]}`)
	require.True(t, ok)
	require.Nil(t, d.Error)
	require.Equal(t, []any{200.0}, d.Workitem["$taskid"])
	require.Equal(t, []any{"permit-1.0"}, d.Workitem["$modelversion"], "the version of the only model")
	require.Empty(t, d.Splits)
	require.NotNil(t, d.Splits)
	require.Len(t, d.AsyncEvents, 2)
	for i, want := range []struct {
		event int
		delay time.Duration
	}{{25, time.Minute}, {20, time.Hour}} {
		require.Equal(t, "u", d.AsyncEvents[i].Ref)
		require.Equal(t, want.event, d.AsyncEvents[i].TargetEvent)
		require.Equal(t, want.delay.Milliseconds(), d.AsyncEvents[i].DelayMillis)
	}
}

func TestRunShowsAsyncEventsOfSplits(t *testing.T) {
	t.Parallel()
	d, ok := run(t, simulate.Options{Models: []string{"testdata/split-onto-a-boundary-event.bpmn"}}, `{"$taskid":[100],"$eventid":[10]}`)
	require.True(t, ok)
	require.Equal(t, []any{"workitem"}, d.Workitem["type"])
	require.Len(t, d.Splits, 1)
	require.Equal(t, []any{"workitem"}, d.Splits[0]["type"])
	require.Len(t, d.AsyncEvents, 1)
	require.Equal(t, []any{d.AsyncEvents[0].Ref}, d.Splits[0]["$uniqueid"])
	require.Equal(t, int64(2000), d.AsyncEvents[0].DelayMillis)
}

func TestRunShowsErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		model, in, code, message string
	}{
		"not callable": {permit, `{"$taskid":[100],"$eventid":[99]}`, "UNDEFINED_MODEL_ENTRY", "100.99 is not callable"},
		"no event":     {permit, `{"$taskid":[100]}`, "UNDEFINED_ACTIVITYID", "$eventid"},
		"no new one":   {permit, `{"$taskid":[100],"$uniqueid":["u"]}`, "OPERATION_NOTALLOWED", "$eventid"},
		"no JSON":      {permit, `hello`, "INVALID_WORKITEM", "read workitem"},
		"no file":      {"testdata/none.bpmn", `{}`, "INVALID_MODEL", "none.bpmn"},
		"no model":     {"simulate.go", `{}`, "INVALID_MODEL", "read model: simulate.go:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, ok := run(t, simulate.Options{Models: []string{c.model}}, c.in)
			require.False(t, ok)
			require.NotNil(t, d.Error)
			require.Equal(t, c.code, d.Error.Code)
			require.Contains(t, d.Error.Message, c.message)
			require.Nil(t, d.Workitem)
		})
	}
}

func TestRunShowsWhatPluginsMake(t *testing.T) {
	t.Parallel()
	const orders = "../../simulation/testdata/plugins.bpmn"
	kernel := func() *workflow.Kernel { return &workflow.Kernel{Plugins: plugin.Known(), Always: plugin.Always()} }
	const in = `{"$taskid":[100],"$eventid":[10],"$uniqueid":["u"],"subject":["chair"]}`
	d, ok := run(t, simulate.Options{Models: []string{orders}, Kernel: kernel()}, in)
	require.True(t, ok, d.Error)
	require.Len(t, d.Others, 1)
	require.Equal(t, []any{600.0}, d.Others[0]["$taskid"])
	require.Equal(t, []any{"chair"}, d.Others[0]["subject"])
	require.Equal(t, []map[string]any{
		{"topic": "order.new", "ref": "u", "delayMillis": 0.0, "data": map[string]any{"channel": []any{"web"}}},
	}, d.Entries)
	require.Len(t, d.AsyncEvents, 1)
	require.Equal(t, []any{d.AsyncEvents[0].Ref}, d.Others[0]["$uniqueid"])

	d, ok = run(t, simulate.Options{Models: []string{orders}, Kernel: kernel(), PluginsOff: true}, in)
	require.True(t, ok)
	require.Nil(t, d.Others)
	require.Nil(t, d.Entries)
	require.NotContains(t, d.Workitem, "origin")
}

func TestRunShowsATimerThatCannotBeArmed(t *testing.T) {
	t.Parallel()
	o := simulate.Options{Models: []string{"../../simulation/testdata/due-from-item.bpmn"}}
	d, ok := run(t, o, `{"$taskid":[100],"$eventid":[10]}`)
	require.False(t, ok)
	require.Equal(t, "INVALID_TIMER", d.Error.Code)
}

// stores is a plugin that leaves what cannot be stored.
type stores struct {
	text  string
	entry workflow.Entry
}

func (p stores) Run(_ context.Context, step *workflow.Step) error {
	step.Items.Set("text", p.text)
	step.Create(p.entry)
	return nil
}

func TestRunRefusesWhatCannotBeStored(t *testing.T) {
	t.Parallel()
	good := workflow.Entry{Topic: "t", Ref: "u"}
	for name, c := range map[string]struct {
		plugin        stores
		code, message string
	}{
		"text":  {stores{"\x00", good}, "INVALID_WORKITEM", `workitem u: item "text": contains the character U+0000`},
		"entry": {stores{"", workflow.Entry{Topic: "async.event", Ref: "u"}}, "PLUGIN_ERROR", "the topic async.event is for boundary events"},
		"data":  {stores{"", workflow.Entry{Topic: "t", Ref: "u", Data: workitem.Items{"x": {"\xff"}}}}, "PLUGIN_ERROR", "not valid UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := &workflow.Kernel{Always: []workflow.Plugin{c.plugin}}
			d, ok := run(t, simulate.Options{Models: []string{permit}, Kernel: k}, `{"$taskid":[100],"$eventid":[10],"$uniqueid":["u"]}`)
			require.False(t, ok)
			require.Equal(t, c.code, d.Error.Code)
			require.Contains(t, d.Error.Message, c.message)
		})
	}
}

func TestRunShowsWhatARuleSays(t *testing.T) {
	t.Parallel()
	o := simulate.Options{Models: []string{"../../simulation/testdata/rules.bpmn"}, Kernel: &workflow.Kernel{Plugins: plugin.Known()}}
	d, ok := run(t, o, `{"$taskid":[100],"$eventid":[20]}`)
	require.False(t, ok)
	require.Equal(t, "TOO_LATE", d.Error.Code)
	require.Equal(t, []string{"two days", "ask\nAnna"}, d.Error.Params)
}

// One kernel serves calls of all kinds: none leaves its flags in it.
func TestRunLeavesTheKernel(t *testing.T) {
	t.Parallel()
	k := &workflow.Kernel{Plugins: plugin.Known(), Always: plugin.Always(), EventLogLimit: 1}
	o := simulate.Options{
		Models: []string{"../../simulation/testdata/plugins.bpmn"}, Kernel: k, PluginsOff: true, StubAdapters: true,
		Now: func() time.Time { return time.Unix(0, 0) },
	}
	const in = `{"$taskid":[100],"$eventid":[10],"$eventlog":["2026-01-01T00:00:00.000Z|m|1|2|3||"]}`
	d, ok := run(t, o, in)
	require.True(t, ok, d.Error)
	require.Len(t, d.Workitem["$eventlog"], 1, "its settings count")
	require.Nil(t, k.Models)
	require.Nil(t, k.Now)
	require.False(t, k.StubAdapters)
	require.NotEmpty(t, k.Plugins)
	require.NotEmpty(t, k.Always)
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestRunFailsWhenItCannotWrite(t *testing.T) {
	t.Parallel()
	_, err := simulate.Run(t.Context(), simulate.Options{Models: []string{permit}}, strings.NewReader(`{}`), fullDisk{})
	require.ErrorContains(t, err, "disk full")
}
