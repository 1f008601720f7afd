package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

const bad = "../../internal/workflow/testdata/bad/"

// Every bad model gives its golden lines, and the status that follows from them.
func TestModelLintOfBadModels(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(bad + "*.bpmn")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		want, err := os.ReadFile(strings.TrimSuffix(file, ".bpmn") + ".golden")
		require.NoError(t, err)
		if strings.Contains(string(want), "com.example.Known") {
			continue // there is no such adapter here
		}
		got := call(t, "", "model", "lint", file)
		require.Equal(t, string(want), strings.ReplaceAll(got.out, bad, ""))
		require.Empty(t, got.err)
		status := 0
		if strings.Contains(string(want), ": error[") {
			status = 1
		}
		require.Equal(t, status, got.status, file)
		require.Equal(t, 1, call(t, "", "model", "lint", "--strict", file).status, file)
	}
}

func TestModelLint(t *testing.T) {
	t.Parallel()
	require.Empty(t, succeed(t, "", "model", "lint", "--strict", "testdata/approval.bpmn"))
	require.Equal(t, "[]\n", succeed(t, "", "model", "lint", "--json", "testdata/approval.bpmn"))

	model, err := os.ReadFile(bad + "version-missing.bpmn")
	require.NoError(t, err)
	got := call(t, string(model), "model", "lint", "-", "testdata/approval.bpmn", bad+"timer-empty.bpmn")
	require.Equal(t, 1, got.status)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	require.Len(t, lines, 2)
	require.Contains(t, lines[0], "standard input:2: definitions: error[version-missing]: ")
	require.Contains(t, lines[1], "timer-empty.bpmn:12: timer: warning[timer-empty]: ")
}

func TestModelLintPrintsJSON(t *testing.T) {
	t.Parallel()
	got := call(t, "", "model", "lint", "--json", bad+"gateway-dead-end.bpmn")
	require.Equal(t, 1, got.status)
	var problems []map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.out), &problems), got.out)
	require.Len(t, problems, 1)
	require.Equal(t, string(bpmn.GatewayDeadEnd), problems[0]["code"])
	require.Equal(t, "error", problems[0]["severity"])
	require.Equal(t, "choice", problems[0]["element"])
	require.InEpsilon(t, 12.0, problems[0]["line"], 0)
	require.Contains(t, problems[0]["message"], "no outgoing flow")
}

func TestModelLintIgnoresUnknownPlugins(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"plugin-unknown.bpmn", "adapter-unknown.bpmn"} {
		require.Equal(t, 1, call(t, "", "model", "lint", bad+file).status)
		require.Contains(t, succeed(t, "", "model", "lint", "--ignore-unknown-plugins", bad+file), ": warning[")
	}
}

func TestModelLintOfAFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	got := call(t, "", "model", "lint", "testdata/absent.bpmn")
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "absent.bpmn: no such file")
	requireOneLine(t, got)
	require.Equal(t, 2, call(t, "", "model", "lint").status)
	require.Equal(t, 2, call(t, "", "model", "lint", "--frobnicate", "testdata/approval.bpmn").status)
}
