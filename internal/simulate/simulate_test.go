package simulate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/simulate"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/plugin"
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
	Error *struct{ Code, Message string }
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
	require.Len(t, d.Splits, 1)
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
	require.Equal(t, []map[string]any{{"topic": "order.new", "ref": "u", "delayMillis": 0.0}}, d.Entries)
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

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestRunFailsWhenItCannotWrite(t *testing.T) {
	t.Parallel()
	_, err := simulate.Run(t.Context(), simulate.Options{Models: []string{permit}}, strings.NewReader(`{}`), fullDisk{})
	require.ErrorContains(t, err, "disk full")
}
