package conformance_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// comparison compares results with expectations, which may hold placeholders:
// the time of the run, and ids that the run generated. An id is the same
// throughout a case, so a case needs one comparison for all of its results.
type comparison struct {
	literal bool // there are no placeholders: what looks like one is a text

	now  time.Time // of the run
	ours map[string]string
	seen map[string]string // the inverse of ours
}

func newComparison() *comparison {
	return &comparison{now: time.Now(), ours: map[string]string{}, seen: map[string]string{}}
}

// literally returns a comparison for results in which nothing is generated.
func literally() *comparison { return &comparison{literal: true} }

// items returns the first difference in ascending order of names.
func (c *comparison) items(what string, want items, got workitem.Items) error {
	for _, name := range slices.Sorted(maps.Keys(union(want, got))) {
		where := what + " " + name
		wanted, ok := want[name]
		if !ok {
			return fmt.Errorf("%s: %#v, expected no such item", where, got[name])
		}
		values, ok := got[name]
		if !ok {
			return fmt.Errorf("%s: missing, expected %#v", where, wanted)
		}
		if err := c.list(where, wanted, values); err != nil {
			return err
		}
	}
	return nil
}

func union(a items, b workitem.Items) map[string]bool {
	names := map[string]bool{}
	for name := range a {
		names[name] = true
	}
	for name := range b {
		names[name] = true
	}
	return names
}

func (c *comparison) list(where string, want, got []any) error {
	if len(want) != len(got) {
		return fmt.Errorf("%s: %#v, expected %#v", where, got, want)
	}
	for i := range want {
		if err := c.value(fmt.Sprintf("%s[%d]", where, i), want[i], got[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) value(where string, want, got any) error {
	ok := false
	switch w := want.(type) {
	case string:
		g, isText := got.(string)
		ok = (w == "<volatile>" && !c.literal) || (isText && c.text(w, g))
	case float64:
		g, isDouble := got.(float64)
		ok = isDouble && sameDouble(w, g)
	case timeOfRun:
		g, isTime := got.(time.Time)
		ok = isTime && c.isNow(g)
	case time.Time:
		g, isTime := got.(time.Time)
		ok = isTime && w.Equal(g)
	case []byte:
		g, isBytes := got.([]byte)
		ok = isBytes && bytes.Equal(w, g)
	case workitem.List:
		if g, isList := got.(workitem.List); isList {
			return c.list(where, w, g)
		}
	case workitem.Map:
		if g, isMap := got.(workitem.Map); isMap {
			return c.mapOf(where, w, g)
		}
	default:
		ok = want == got
	}
	if !ok {
		return fmt.Errorf("%s: %#v, expected %#v", where, got, want)
	}
	return nil
}

// sameDouble tells zeros by their sign, but no NaN from another.
func sameDouble(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || (math.IsNaN(a) && math.IsNaN(b))
}

func (c *comparison) mapOf(where string, want, got workitem.Map) error {
	if len(want) != len(got) {
		return fmt.Errorf("%s: %#v, expected %#v", where, got, want)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if err := c.value(where+"."+name, want[name], got[name]); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) text(want, got string) bool {
	switch {
	case c.literal:
		return want == got
	case want == "<txid>":
		id, err := strconv.ParseUint(got, 16, 64)
		return err == nil && id > 0
	case strings.HasPrefix(want, "<uid:"):
		return c.id(want, got)
	case strings.HasPrefix(want, "<ts>|"):
		stamp, rest, _ := strings.Cut(got, "|")
		at, err := time.Parse("2006-01-02T15:04:05.000Z07:00", stamp)
		return err == nil && c.isNow(at) && rest == want[len("<ts>|"):]
	}
	return want == got
}

// id keeps that a placeholder always means the same id, and no other one does.
func (c *comparison) id(placeholder, got string) bool {
	known, ok := c.ours[placeholder]
	if ok {
		return known == got
	}
	if _, taken := c.seen[got]; taken || got == "" {
		return false
	}
	c.ours[placeholder], c.seen[got] = got, placeholder
	return true
}

func (c *comparison) isNow(t time.Time) bool { return !c.literal && t.Sub(c.now).Abs() < time.Minute }

// failure is the recorded error of a case.
type failure struct {
	Class     string
	ErrorCode string
	Params    []value
}

// compare returns how an error differs from the recorded one, nil for none.
// Code and params must be the same; the wording of messages is ours. Where the
// original ended in an error without a code of its own, as those of the Java
// runtime, any error of ours is right.
func (f *failure) compare(err error) error {
	switch {
	case f == nil && err != nil:
		return fmt.Errorf("unexpected error: %w", err)
	case f == nil:
		return nil
	case err == nil:
		return fmt.Errorf("no error, expected %s %s", f.Class, f.ErrorCode)
	case f.ErrorCode == "", f.ErrorCode == "UNDEFINED":
		return nil
	case string(workflow.ErrorCode(err)) != f.ErrorCode:
		return fmt.Errorf("error %w, expected %s", err, f.ErrorCode)
	}
	return f.compareParams(err)
}

func (f *failure) compareParams(err error) error {
	var e *workflow.Error
	if !errors.As(err, &e) || len(e.Params) != len(f.Params) {
		return fmt.Errorf("error %w, expected the params %v", err, f.Params)
	}
	for i, p := range f.Params {
		if workitem.FormatValue(p.v) != e.Params[i] {
			return fmt.Errorf("error with the params %v, expected %v", e.Params, f.Params)
		}
	}
	return nil
}
