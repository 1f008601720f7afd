package script

import (
	"math"

	"github.com/dop251/goja"

	"github.com/postlude/postlude/internal/workitem"
)

// setter is a method that changes items.
type setter = func(call goja.FunctionCall)

// setters returns the methods that change items. Values are those that
// [sandbox.given] takes; null removes an item where it is set.
func (c *collection) setters() map[string]setter {
	set := func(name string, values []any, null bool) {
		if null {
			c.items.Remove(name)
			return
		}
		c.put(name, values)
	}
	after := func(name string, values []any, _ bool) { c.items.Append(name, values...) }
	before := func(name string, values []any, _ bool) { c.items.Prepend(name, values...) }
	return map[string]setter{
		"setItemValue":          c.valueSetter(set, false),
		"replaceItemValue":      c.valueSetter(set, false),
		"appendItemValue":       c.valueSetter(after, false),
		"insertItemValue":       c.valueSetter(before, false),
		"setItemValueUnique":    c.valueSetter(set, true),
		"appendItemValueUnique": c.valueSetter(after, true),
		"insertItemValueUnique": c.valueSetter(before, true),
		"purgeItemValue":        func(call goja.FunctionCall) { c.items.Purge(c.s.givenText(call.Argument(0))) },
		"removeItem":            func(call goja.FunctionCall) { c.items.Remove(c.s.givenText(call.Argument(0))) },
		"setTaskID":             c.numberSetter(workitem.TaskID, workitem.ProcessID),
		"setEventID":            c.numberSetter(workitem.EventID),
		"setModelVersion":       c.textSetter(workitem.ModelVersion),
		"setWorkflowGroup":      c.textSetter(workitem.WorkflowGroup),
		"setType":               c.textSetter(workitem.Type),
	}
}

func (c *collection) valueSetter(change func(name string, values []any, null bool), unique bool) setter {
	return func(call goja.FunctionCall) {
		name := c.s.givenText(call.Argument(0))
		value := c.s.given(call.Argument(1), 0)
		values, isList := value.(workitem.List)
		if !isList && value != nil {
			values = []any{value}
		}
		change(name, values, value == nil)
		if unique && c.items.Has(name) {
			c.items.Purge(name)
		}
	}
}

func (c *collection) numberSetter(names ...string) setter {
	return func(call goja.FunctionCall) {
		id := c.s.id(call.Argument(0))
		for _, name := range names {
			c.put(name, []any{id})
		}
	}
}

// id returns the number of a task or an event. It throws a TypeError for what is
// no number and a RangeError for one that no id can be.
func (s *sandbox) id(v goja.Value) int64 {
	n := v.ToNumber().ToFloat()
	switch {
	case math.IsNaN(n):
		panic(s.vm.NewTypeError("id is not a number"))
	case math.Abs(n) > math.MaxInt32:
		s.refuse("id is beyond %d", math.MaxInt32)
	}
	return int64(n)
}

func (c *collection) textSetter(name string) setter {
	return func(call goja.FunctionCall) { c.put(name, []any{c.s.givenText(call.Argument(0))}) }
}

func (c *collection) put(name string, values []any) {
	if err := c.items.Put(name, values); err != nil {
		panic(c.s.vm.NewGoError(err))
	}
}

// checkWritable throws a TypeError in a condition: a flow may be looked at any
// number of times, and must not matter for what comes after.
func (c *collection) checkWritable(method string) {
	if !c.writable {
		panic(c.s.vm.NewTypeError("%s: a condition cannot change items", method))
	}
}
