package bpmn_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/bpmn"
)

var update = flag.Bool("update", false, "write what is read into testdata/*.golden")

// Each model in testdata has one property, which is its name. What is read from
// it is in the golden file beside it.
func TestParseGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.bpmn")
	require.NoError(t, err)
	require.Greater(t, len(files), 30)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			m := parse(t, filepath.Base(file))
			d := &dump{}
			d.model(m)
			golden := strings.TrimSuffix(file, ".bpmn") + ".golden"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(d.String()), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), d.String())
		})
	}
}

// dump writes a model as text.
type dump struct{ strings.Builder }

func (d *dump) line(depth int, format string, args ...any) {
	d.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(d, format+"\n", args...)
}

func (d *dump) model(m *bpmn.Model) {
	d.line(0, "model %q", m.Version)
	for _, p := range m.Plugins {
		d.line(1, "plugin %s", p)
	}
	d.items(1, m.Items)
	d.line(1, "groups %q", m.Groups())
	for _, p := range m.Processes {
		d.line(1, "process %s %q %s, pool %q, group %t, line %d", p.ElementID, p.Name, p.Type, p.Pool, p.Group, p.Line)
	}
	for _, t := range m.Tasks() {
		d.task(t)
	}
	for _, e := range m.Events() {
		d.event(e)
	}
	for _, f := range m.Flows() {
		if f.Condition != "" {
			d.line(1, "flow %s if %q, line %d", f.ElementID, f.Condition, f.Line)
		}
	}
	for _, p := range m.Check(nil) {
		d.line(1, "%s", p)
	}
}

func (d *dump) task(t *bpmn.Task) {
	d.line(1, "task %d %s %s %q in %s, line %d", t.ID, t.Type, t.ElementID, t.Name, t.Process.ElementID, t.Line)
	d.text(t.Documentation)
	d.items(2, t.Items)
	d.objects(t.DataObjects)
	for _, b := range t.Boundary {
		d.line(2, "boundary %s %q to event %d, interrupting %t, %s %q, line %d", b.ElementID, b.Name, b.TargetEvent, b.Interrupting, b.Timer.Kind, b.Timer.Text, b.Line)
	}
	for _, e := range t.Events {
		d.line(2, "callable %d %s", e.ID, e.ElementID)
	}
}

func (d *dump) event(e *bpmn.Event) {
	d.line(1, "event %d %s %s %q in %s, catching %t, line %d", e.ID, e.Type, e.ElementID, e.Name, e.Process.ElementID, e.Catching(), e.Line)
	d.text(e.Documentation)
	d.items(2, e.Items)
	d.objects(e.DataObjects)
	for _, a := range e.Adapters {
		d.line(2, "adapter %s", a)
	}
	for _, holds := range []bool{false, true} {
		d.line(2, "next, if conditions are %t: %s", holds, where(e, holds))
	}
}

// where an event leads.
func where(e *bpmn.Event, holds bool) string {
	next, err := e.Next(func(*bpmn.Flow) (bool, error) { return holds, nil })
	switch {
	case err != nil:
		return err.Error()
	case next.Gateway == nil:
		return elementID(next)
	}
	branches, err := next.Gateway.Branches()
	if err != nil {
		return err.Error()
	}
	var text strings.Builder
	text.WriteString("fork " + next.Gateway.ElementID + " to")
	for _, b := range branches {
		fmt.Fprintf(&text, " %s (%d conditions)", elementID(b.Next), len(b.Conditions))
	}
	return text.String()
}

func (d *dump) text(documentation string) {
	if documentation != "" {
		d.line(2, "documentation %q", documentation)
	}
}

func (d *dump) items(depth int, items bpmn.Items) {
	for _, name := range slices.Sorted(maps.Keys(items)) {
		if name != "name" && name != "txtname" {
			d.line(depth, "item %s %q", name, items[name])
		}
	}
}

func (d *dump) objects(objects []bpmn.DataObject) {
	for _, o := range objects {
		d.line(2, "data %q %q", o.Name, o.Documentation)
	}
}
