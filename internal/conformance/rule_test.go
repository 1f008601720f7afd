package conformance_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/postlude/postlude/internal/workflow/script"
)

func runRule(t *testing.T, c *engineCase) error {
	t.Helper()
	var in scriptCase
	var want struct{ Expect struct{ Result items } }
	c.decode(t, &in)
	c.decode(t, &want)
	var e script.Engine
	it, event := in.Workitem.clone(), in.Event.clone()
	result, ok, err := e.Rule(script.Compile(in.Script), it, event, scriptLimit)
	if in.Expect.Error != nil || err != nil {
		return in.Expect.Error.compareScript(err)
	}
	compare := newComparison()
	if ok != (want.Expect.Result != nil) {
		return fmt.Errorf("result %v, expected %v", result, want.Expect.Result)
	}
	return errors.Join(
		compare.items("result", want.Expect.Result, result),
		compare.after("workitem", in.Workitem, in.Expect.WorkitemAfter, it),
		compare.after("event", in.Event, in.Expect.EventAfter, event),
	)
}

var ruleDifferences = scriptDifferences("rule")
