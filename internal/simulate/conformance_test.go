package simulate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/simulate"
)

// suite is a file of cases: what the original kernel made of workitems.
type suite struct {
	Models      []string
	AsyncEvents []armedEvent
	Cases       []struct {
		Workitem     map[string][]any
		StubAdapters bool
		Expect       []expectation
	}
}

type armedEvent struct{ Task, TargetEvent, Millis int }

type expectation struct {
	Error       string
	Items       map[string][]any
	NewEventlog []any
	Splits      []map[string][]any
}

// TestConformance runs the recorded cases of the original, which are no part
// of this repository.
func TestConformance(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("POSTLUDE_CONFORMANCE")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	files, err := filepath.Glob(filepath.Join(dir, "cases", "*.json"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skipf("no conformance cases in %s; POSTLUDE_CONFORMANCE names another folder", dir)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			var s suite
			require.NoError(t, json.Unmarshal(data, &s))
			s.run(t, dir)
		})
	}
}

func (s *suite) run(t *testing.T, dir string) {
	t.Helper()
	var models []string
	for _, m := range s.Models {
		models = append(models, filepath.Join(dir, "models", m))
	}
	for i, c := range s.Cases {
		in, err := json.Marshal(c.Workitem)
		require.NoError(t, err)
		got, ok := run(t, simulate.Options{Models: models, PluginsOff: true, StubAdapters: c.StubAdapters}, string(in))
		require.Equal(t, got.Error == nil, ok)
		var differences []string
		for _, e := range c.Expect {
			differences = append(differences, e.differs(got, len(c.Workitem["$eventlog"]), s.AsyncEvents))
		}
		require.Contains(t, differences, "", "case %d: %s", i, in)
	}
}

// differs says how a result is not the expected one, "" if it is.
func (e expectation) differs(got document, oldLines int, armed []armedEvent) string {
	if e.Error != "" {
		if got.Error == nil || got.Error.Code == "" || (e.Error != "ANY" && e.Error != got.Error.Code) {
			return fmt.Sprintf("error %+v, expected %s", got.Error, e.Error)
		}
		return ""
	}
	if got.Error != nil {
		return fmt.Sprintf("error %+v", got.Error)
	}
	if d := differentItems(e.Items, e.NewEventlog, got.Workitem, oldLines); d != "" {
		return d
	}
	for _, a := range armed {
		if reflect.DeepEqual(got.Workitem["$taskid"], []any{float64(a.Task)}) && !got.arms(a) {
			return fmt.Sprintf("async event %d is not armed", a.TargetEvent)
		}
	}
	return e.differentSplits(got, oldLines)
}

func (d document) arms(a armedEvent) bool {
	for _, e := range d.AsyncEvents {
		if e.TargetEvent == a.TargetEvent && e.Ref == d.Workitem["$uniqueid"][0] && (a.Millis == 0 || e.DelayMillis == int64(a.Millis)) {
			return true
		}
	}
	return false
}

func (e expectation) differentSplits(got document, oldLines int) string {
	if len(got.Splits) != len(e.Splits) {
		return fmt.Sprintf("%d splits, expected %d", len(got.Splits), len(e.Splits))
	}
	rest := append([]map[string][]any(nil), got.Splits...)
	for _, want := range e.Splits {
		items := map[string][]any{}
		for name, values := range want {
			if name != "newEventlog" {
				items[name] = values
			}
		}
		found := -1
		for i, s := range rest {
			if differentItems(items, want["newEventlog"], s, oldLines) == "" && reflect.DeepEqual(s["$transactionid"], got.Workitem["$transactionid"]) {
				found = i
				break
			}
		}
		if found < 0 {
			return fmt.Sprintf("no split like %v", items)
		}
		rest = append(rest[:found], rest[found+1:]...)
	}
	return ""
}

func differentItems(want map[string][]any, newLines []any, got map[string][]any, oldLines int) string {
	for name, values := range want {
		if len(values)+len(got[name]) > 0 && !reflect.DeepEqual(values, got[name]) {
			return fmt.Sprintf("%s is %v, expected %v", name, got[name], values)
		}
	}
	if lines := withoutTime(got["$eventlog"][oldLines:]); fmt.Sprint(lines) != fmt.Sprint(withoutTime(newLines)) {
		return fmt.Sprintf("$eventlog gained %v, expected %v", lines, newLines)
	}
	return ""
}

func withoutTime(lines []any) []string {
	stamp := regexp.MustCompile(`^[0-9T:.+Z-]+\|`)
	var result []string
	for _, l := range lines {
		result = append(result, stamp.ReplaceAllString(fmt.Sprint(l), "<ts>|"))
	}
	return result
}
