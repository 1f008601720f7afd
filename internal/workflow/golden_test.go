package workflow_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

var update = flag.Bool("update", false, "write the results into testdata/*.golden")

// TestGolden processes what stands in the golden files and compares the results
// that stand below. A line of a golden file is one of
//
//	# comment
//	with other-model.bpmn …           further models of this file
//	given {"$taskid":[100], …}        an event called by a user
//	async {"$taskid":[100], …}        an event of the event log
//	    task 200 …                    a result, indented; -update writes them
func TestGolden(t *testing.T) {
	t.Parallel()
	models, err := filepath.Glob("testdata/*.bpmn")
	require.NoError(t, err)
	var covered []string
	for _, model := range models {
		file := strings.TrimSuffix(model, ".bpmn") + ".golden"
		source, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		g := readGolden(filepath.Base(model), string(source))
		covered = append(covered, g.models...)
		t.Run(strings.TrimSuffix(g.models[0], ".bpmn"), func(t *testing.T) {
			t.Parallel()
			got := g.play(t)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			require.Equal(t, string(source), got)
		})
	}
	for _, model := range models {
		require.Contains(t, covered, filepath.Base(model), "every model has a golden file, or is named in one")
	}
}

type golden struct {
	models []string
	input  []string // the lines without the results
}

func readGolden(model, text string) golden {
	g := golden{models: []string{model}}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "    ") {
			continue
		}
		if others, ok := strings.CutPrefix(line, "with "); ok {
			g.models = append(g.models, strings.Fields(others)...)
		}
		g.input = append(g.input, line)
	}
	return g
}

func (g golden) play(t *testing.T) string {
	t.Helper()
	names := make([]string, len(g.models))
	for i, m := range g.models {
		names[i] = strings.TrimSuffix(m, ".bpmn")
	}
	k := kernel(t, names...)
	k.StubAdapters = true
	models, ok := k.Models.(workflow.Models)
	require.True(t, ok)
	var b strings.Builder
	for _, line := range g.input {
		b.WriteString(line + "\n")
		how, source, _ := strings.Cut(line, " ")
		if how != "given" && how != "async" {
			continue
		}
		given, err := workitem.ParseJSON([]byte(source))
		require.NoError(t, err, line)
		if !given.Has(workitem.ModelVersion) && !given.Has(workitem.WorkflowGroup) {
			given.Set(workitem.ModelVersion, models[0].Version)
		}
		result, err := k.Process(t.Context(), given, workflow.Options{Async: how == "async", ScriptLimit: 3 * time.Second})
		for _, l := range results(t, given, result, err) {
			b.WriteString("    " + l + "\n")
		}
	}
	return b.String()
}

// results are the lines of a result. What is the same for every one is checked,
// not shown.
func results(t *testing.T, given workitem.Items, r workflow.Result, err error) []string {
	t.Helper()
	if err != nil {
		return []string{"error " + strings.Join(strings.Fields(err.Error()), " ")}
	}
	main := r.Workitem.Items
	lines := reachedLines(t, given, r.Workitem)
	for _, s := range r.Splits {
		require.Equal(t, main.Text(workitem.TransactionID), s.Items.Text(workitem.TransactionID))
		require.NotEmpty(t, s.Items.Text(workitem.UniqueIDSource))
		for i, l := range reachedLines(t, given, s) {
			if i == 0 {
				l = "split to " + l
			} else {
				l = "    " + l
			}
			lines = append(lines, l)
		}
	}
	require.Len(t, r.Splits, len(slices.Concat(versions(r)...)), "$uniqueidversions")
	return lines
}

func versions(r workflow.Result) [][]string {
	all := [][]string{texts(r.Workitem.Items, workitem.UniqueIDVersions)}
	for _, s := range r.Splits {
		all = append(all, texts(s.Items, workitem.UniqueIDVersions))
	}
	return all
}

func reachedLines(t *testing.T, given workitem.Items, r workflow.Reached) []string {
	t.Helper()
	it := r.Items
	require.Equal(t, it.Text(workitem.TaskID), it.Text(workitem.ProcessID))
	require.Equal(t, it.Text(workitem.WorkflowStatus), it.Text("txtworkflowstatus"))
	require.Equal(t, it.Text(workitem.WorkflowGroup), it.Text("txtworkflowgroup"))
	place := "task " + it.Text(workitem.TaskID)
	if it.Has(workitem.WorkflowStatus) {
		place += fmt.Sprintf(" %s, group %s, last event %d", it.Text(workitem.WorkflowStatus), it.Text(workitem.WorkflowGroup), it.Int(workitem.LastEvent))
	}
	lines := []string{place}
	for _, l := range texts(it, workitem.EventLog)[len(given.Values(workitem.EventLog)):] {
		_, l, _ = strings.Cut(l, "|")
		lines = append(lines, "log "+l)
	}
	lines = append(lines, changed(given, it)...)
	if r.Task != nil {
		for _, b := range r.Task.Boundary {
			lines = append(lines, "boundary event "+b.ElementID+" to event "+strconv.Itoa(b.TargetEvent))
		}
	}
	return lines
}

// changed are the items that were not given so, except for those that every
// processing writes.
func changed(given, it workitem.Items) []string {
	usual := []string{
		workitem.UniqueID, workitem.WorkitemID, workitem.TransactionID, workitem.LastEventDate, workitem.TaskID, workitem.ProcessID,
		workitem.WorkflowStatus, workitem.WorkflowGroup, "txtworkflowstatus", "txtworkflowgroup", workitem.EventLog,
		workitem.LastEvent, workitem.UniqueIDSource, workitem.UniqueIDVersions, "$created.version",
	}
	var lines []string
	for name := range it {
		values := texts(it, name)
		switch {
		case slices.Contains(usual, name), slices.Equal(values, texts(given, name)):
		case name == workitem.EventID && it.Int(name) == 0:
		case name == workitem.LastTask && it.Int(name) == given.Int(workitem.TaskID):
		default:
			lines = append(lines, "item "+name+" = "+strings.Join(values, ", "))
		}
	}
	for name := range given {
		if !it.Has(name) {
			lines = append(lines, "item "+name+" is gone")
		}
	}
	slices.Sort(lines)
	return lines
}
