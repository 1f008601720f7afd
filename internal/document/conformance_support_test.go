package document_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workitem"
)

// difference is a rule by which recorded cases do not hold on purpose.
type difference struct {
	rule    string
	kind    string
	cases   []string
	matches func(c *engineCase) bool
	// mayHold is for rules that say where results may differ, but not always do.
	mayHold bool
}

func (d difference) covers(c *engineCase) bool {
	return d.kind == c.Kind && (slices.Contains(d.cases, c.Name) || (d.matches != nil && d.matches(c)))
}

// engineCase is one recorded case.
type engineCase struct {
	Name string
	Kind string
	file string
	raw  json.RawMessage
}

func (c *engineCase) decode(t *testing.T, into any) {
	t.Helper()
	require.NoError(t, c.into(into), "%s: %s", c.file, c.Name)
}

func (c *engineCase) into(v any) error { return json.Unmarshal(c.raw, v) }

// readCases returns the recorded cases of a file. It skips the test where there
// are none.
func readCases(t *testing.T, file string) []*engineCase {
	t.Helper()
	root := cmp.Or(os.Getenv("POSTLUDE_CONFORMANCE"), filepath.Join("..", "..", "..", "shared", "conformance"))
	path := filepath.Join(root, "engine", file)
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		reason := fmt.Sprintf("no recorded cases in %s; POSTLUDE_CONFORMANCE names another folder", path)
		fmt.Fprintln(os.Stdout, reason)
		t.Skip(reason)
	}
	require.NoError(t, err)
	var raw []json.RawMessage
	require.NoError(t, json.Unmarshal(data, &raw))
	cases := make([]*engineCase, len(raw))
	for i, r := range raw {
		cases[i] = &engineCase{file: file, raw: r}
		cases[i].decode(t, cases[i])
	}
	return cases
}

// items are recorded items, value a recorded value: integers of any width are
// int64, float, double and decimal are float64, a character is a string,
// nothing is never a value.
type (
	items workitem.Items //nolint:recvcheck // UnmarshalJSON has to replace the map
	value struct{ v any }
)

func (it *items) UnmarshalJSON(data []byte) error {
	var members map[string][]value
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return err
	}
	*it = items{}
	for name, values := range members {
		(*it)[strings.ToLower(strings.TrimSpace(name))] = listOf(values)
	}
	return nil
}

func (it items) clone() workitem.Items {
	if it == nil {
		return nil
	}
	return workitem.Items(it).Clone()
}

func listOf(values []value) workitem.List {
	list := make(workitem.List, 0, len(values))
	for _, v := range values {
		if v.v != nil {
			list = append(list, v.v)
		}
	}
	return list
}

func (v *value) UnmarshalJSON(data []byte) (err error) {
	switch data[0] {
	case '{':
		var tagged map[string]json.RawMessage
		err = json.Unmarshal(data, &tagged)
		for tag, content := range tagged {
			v.v, err = fromTag(tag, content)
		}
	case '[':
		v.v, err = fromTag("@list", data)
	case '"', 't', 'f', 'n':
		err = json.Unmarshal(data, &v.v)
	default:
		v.v, err = strconv.ParseInt(string(data), 10, 64)
	}
	return err
}

func fromTag(tag string, content json.RawMessage) (any, error) {
	text := string(content)
	_ = json.Unmarshal(content, &text)
	switch tag {
	case "@long", "@short", "@byte":
		return strconv.ParseInt(text, 10, 64)
	case "@bigint":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, nil
		}
		return strconv.ParseFloat(text, 64)
	case "@double", "@float", "@bigdecimal":
		return strconv.ParseFloat(text, 64)
	case "@char":
		return text, nil
	case "@date", "@calendar", "@localdate", "@localdatetime":
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
			if t, err := time.Parse(layout, text); err == nil {
				return t.UTC(), nil
			}
		}
	case "@bytes":
		return base64.StdEncoding.DecodeString(text)
	case "@map":
		var members map[string]value
		err := json.Unmarshal(content, &members)
		m := workitem.Map{}
		for name, member := range members {
			if member.v != nil {
				m[name] = member.v
			}
		}
		return m, err
	case "@list", "@StringArray", "@intArray", "@set", "@strings", "@ints":
		var values []value
		err := json.Unmarshal(content, &values)
		return listOf(values), err
	}
	return nil, fmt.Errorf("not a tagged value: %s %s", tag, content)
}

// comparison compares results with expectations.
type comparison struct{}

func newComparison() comparison { return comparison{} }

func (c comparison) items(what string, want items, got workitem.Items) error {
	if len(want) != len(got) {
		return fmt.Errorf("%s: %#v, expected %#v", what, got, want)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		values, ok := got[name]
		if !ok || !slices.EqualFunc(want[name], values, same) {
			return fmt.Errorf("%s %s: %#v, expected %#v", what, name, values, want[name])
		}
	}
	return nil
}

// same reports whether two values are the same, NaN and the sign of zero
// included.
func same(want, got any) bool {
	switch w := want.(type) {
	case float64:
		g, ok := got.(float64)
		return ok && (math.Float64bits(w) == math.Float64bits(g) || (math.IsNaN(w) && math.IsNaN(g)))
	case time.Time:
		g, ok := got.(time.Time)
		return ok && w.Equal(g)
	case []byte:
		g, ok := got.([]byte)
		return ok && bytes.Equal(w, g)
	case workitem.List:
		g, ok := got.(workitem.List)
		return ok && slices.EqualFunc(w, g, same)
	case workitem.Map:
		g, ok := got.(workitem.Map)
		return ok && maps.EqualFunc(w, g, same)
	}
	return want == got
}

func sameItems(want, got workitem.Items) bool {
	return maps.EqualFunc(want, got, func(a, b []any) bool { return slices.EqualFunc(a, b, same) })
}

// failure is the recorded error of a case. The wording of ours differs.
type failure struct{ Class string }

func (f *failure) compare(err error) error {
	switch {
	case f == nil && err != nil:
		return fmt.Errorf("unexpected error: %w", err)
	case f != nil && err == nil:
		return fmt.Errorf("no error, expected %s", f.Class)
	}
	return nil
}
