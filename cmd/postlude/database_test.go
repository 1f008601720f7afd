package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgrestest"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	url := "--database-url=" + postgrestest.NewEmpty(t).URL

	got := call(t, "", "model", "list", url)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "run `postlude migrate`")
	requireOneLine(t, got)

	require.Regexp(t, `(?s)^migration applied .*file=00001_.*\n\d+ migrations? applied\n$`, succeed(t, "", "migrate", url))
	require.Equal(t, "the schema is up to date, nothing applied\n", succeed(t, "", "migrate", url))
	require.Equal(t, "VERSION  REVISION  DEPLOYED\n", succeed(t, "", "model", "list", url))
}

func TestModelDeploy(t *testing.T) {
	t.Parallel()
	url := "--database-url=" + postgrestest.New(t).URL
	require.Equal(t, "testdata/approval.bpmn: version approval-1.0, revision 1\n",
		succeed(t, "", "model", "deploy", url, "testdata/approval.bpmn"))
	require.Equal(t, "testdata/approval.bpmn: version approval-1.0, revision 1 (unchanged)\n",
		succeed(t, "", "model", "deploy", url, "testdata/approval.bpmn"))

	var list []map[string]any
	require.NoError(t, json.Unmarshal([]byte(succeed(t, "", "model", "list", "--json", url)), &list))
	require.Len(t, list, 1)
	require.Equal(t, "approval-1.0", list[0]["version"])
}

// A bad model is refused with the places of its faults; the others are deployed.
func TestModelDeployRefuses(t *testing.T) {
	t.Parallel()
	url := "--database-url=" + postgrestest.New(t).URL
	got := call(t, "", "model", "deploy", url, "testdata/nomodel.bpmn", "testdata/faulty.bpmn", "testdata/approval.bpmn")
	require.Equal(t, 1, got.status)
	require.Contains(t, got.out, "approval-1.0")
	lines := strings.Split(strings.TrimSpace(got.err), "\n")
	require.Len(t, lines, 3, got.err)
	require.Contains(t, lines[0], "postlude: testdata/nomodel.bpmn:1: error[xml-malformed]: ")
	require.Regexp(t, `^postlude: testdata/faulty.bpmn:\d+: Boundary_Hour: error\[timer-invalid\]: .*"soon"`, lines[1])
	require.Regexp(t, `^postlude: testdata/faulty.bpmn:\d+: Task_Reminded: error\[task-id-duplicate\]: the task id 200 is also`, lines[2])
	require.NotContains(t, succeed(t, "", "model", "list", url), "faulty")

	got = call(t, "", "model", "deploy", url, "testdata/absent.bpmn")
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "absent.bpmn: no such file")
	requireOneLine(t, got)
}

func TestWorkitem(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	url := "--database-url=" + db.URL
	succeed(t, "", "model", "deploy", url, "testdata/approval.bpmn")

	out := succeed(t, `{"subject":["from standard input"]}`, "workitem", "process", url, "--asyncevent-enabled",
		"--model", "approval-1.0", "--task", "100", "--event", "10", "--editor", "anna", "-", "amount=12")
	require.True(t, strings.HasPrefix(out, "{\n  \""), "indented: %q", out)
	created := decode(t, out)
	require.Equal(t, []any{200.0}, created["$taskid"])
	require.Equal(t, []any{"anna"}, created["$creator"])
	require.Equal(t, []any{12.0}, created["amount"])
	id, _ := created["$uniqueid"][0].(string)

	require.Equal(t, created, decode(t, succeed(t, "", "workitem", "get", url, id)))

	table := succeed(t, "", "eventlog", "list", url)
	lines := strings.Split(strings.TrimSpace(table), "\n")
	require.Len(t, lines, 2, table)
	require.Regexp(t, `^DUE +TOPIC +REF +ATTEMPTS +STATE +LAST ERROR$`, lines[0])
	require.Regexp(t, `^\S+Z +async\.event +`+id+` +0 +pending`, lines[1])
	var entries []map[string]any
	require.NoError(t, json.Unmarshal([]byte(succeed(t, "", "eventlog", "list", "--json", "--ref", id, "--topic", "async.event", url)), &entries))
	require.Len(t, entries, 1)
	require.Equal(t, created["$transactionid"][0], entries[0]["armedBy"])
	require.Equal(t, "[]\n", succeed(t, "", "eventlog", "list", "--json", "--ref", "other", url))
}

// Without the setting nothing is armed, and it is said.
func TestWorkitemNotEnabled(t *testing.T) {
	t.Setenv("ASYNCEVENT_PROCESSOR_ENABLED", "false")
	url := "--database-url=" + postgrestest.New(t).URL
	succeed(t, "", "model", "deploy", url, "testdata/approval.bpmn")
	got := call(t, "", "workitem", "process", url, "--model", "approval-1.0", "--task", "100", "--event", "10")
	require.Zero(t, got.status)
	require.Contains(t, got.err, "ASYNCEVENT_PROCESSOR_ENABLED is not true")
	require.Equal(t, "[]\n", succeed(t, "", "eventlog", "list", "--json", url))
}

func TestWorkitemRefused(t *testing.T) {
	t.Parallel()
	url := "--database-url=" + postgrestest.New(t).URL
	succeed(t, "", "model", "deploy", url, "testdata/approval.bpmn")
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"unknown workitem":   {[]string{"get", url, "nobody"}, "workitem nobody: workitem not found"},
		"unknown model":      {[]string{"process", url, "--model", "none-1.0", "--task", "100", "--event", "10"}, "none-1.0"},
		"unknown task":       {[]string{"process", url, "--model", "approval-1.0", "--task", "7", "--event", "10"}, "7"},
		"unknown event":      {[]string{"process", url, "--model", "approval-1.0", "--task", "100", "--event", "7"}, "100.7 is not callable"},
		"nothing to process": {[]string{"process", url}, "$taskid, $eventid and $modelversion"},
	} {
		got := call(t, "", append([]string{"workitem"}, tt.args...)...)
		require.Equal(t, 1, got.status, name)
		require.Contains(t, got.err, tt.want, name)
		requireOneLine(t, got)
	}
}

func decode(t *testing.T, document string) map[string][]any {
	t.Helper()
	items := map[string][]any{}
	require.NoError(t, json.Unmarshal([]byte(document), &items), document)
	return items
}
