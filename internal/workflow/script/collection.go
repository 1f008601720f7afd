package script

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/postlude/postlude/internal/workitem"
)

// collection is what scripts see of a workitem or an event: the methods of
// Imixs' ItemCollection, and every item as the list of its values. An item
// that there is not is undefined.
type collection struct {
	s         *sandbox
	prototype *goja.Object
	object    *goja.Object
	methods   map[string]bool // they come before items of the same name

	items    workitem.Items // of the running script
	before   workitem.Items // what they were, nil unless it may have changed them
	writable bool
}

func (s *sandbox) newCollection() *collection {
	c := &collection{s: s, prototype: s.vm.NewObject(), methods: map[string]bool{}}
	for name, get := range c.getters() {
		c.method(name, func(call goja.FunctionCall) goja.Value { return get(call.Argument(0).String()) })
	}
	for name, change := range c.setters() {
		c.method(name, func(call goja.FunctionCall) goja.Value {
			c.checkWritable(name)
			c.remember()
			there := len(c.items)
			change(call)
			c.s.spend(itemCost * max(0, len(c.items)-there))
			return c.object
		})
	}
	c.defineIdentifiers()
	c.object = s.vm.NewDynamicObject(c)
	return c
}

func (c *collection) method(name string, f func(goja.FunctionCall) goja.Value) {
	c.methods[name] = true
	c.s.native(c.prototype, name, f)
}

// enter defines the variable of the next script, unless there are no items.
func (c *collection) enter(global *goja.Object, name string, items workitem.Items, writable bool) {
	c.items, c.writable = items, writable
	if items == nil {
		return
	}
	// The last script may have given it another one. It can do nothing else to
	// the object that would stay.
	if err := c.object.SetPrototype(c.prototype); err != nil {
		panic(err)
	}
	c.s.variable(global, name, c.object)
}

// remember keeps the items before their first change. Changes replace the values
// of an item, they do not write into them.
func (c *collection) remember() {
	if c.before == nil && c.items != nil {
		c.before = maps.Clone(c.items)
	}
}

// leave lets go of the items; their changes are undone unless they are kept.
func (c *collection) leave(keep bool) {
	if !keep && c.before != nil {
		clear(c.items)
		maps.Copy(c.items, c.before)
	}
	c.items, c.before = nil, nil
}

// Get, Has, Set, Delete and Keys implement [goja.DynamicObject].
func (c *collection) Get(name string) goja.Value {
	if c.methods[name] {
		return nil
	}
	values, ok := c.lookup(name)
	if !ok {
		return nil
	}
	return c.s.presentList(values)
}

// Has reports whether a property is an item.
func (c *collection) Has(name string) bool {
	_, ok := c.lookup(name)
	return ok && !c.methods[name]
}

// Set changes nothing: an assignment to an item has no effect that the original
// would know. Where a script could take it for one it throws a TypeError.
func (c *collection) Set(name string, _ goja.Value) bool {
	if c.writable || c.Has(name) {
		panic(c.s.vm.NewTypeError("items are set by setItemValue('%s', ...)", name))
	}
	return false
}

// Delete changes nothing.
func (c *collection) Delete(string) bool { return false }

// Keys returns the names of the items, in ascending order.
func (c *collection) Keys() []string { return slices.Sorted(maps.Keys(c.items)) }

func (c *collection) lookup(name string) ([]any, bool) {
	if values, ok := c.items[name]; ok {
		return values, true
	}
	return c.items.Values(name), c.items.Has(name)
}

// defineIdentifiers is for ids, which have getters of their own. Old scripts
// use those as properties.
func (c *collection) defineIdentifiers() {
	for name, get := range map[string]func() any{
		"taskID":        func() any { return c.items.Task() },
		"eventID":       func() any { return c.items.Event() },
		"uniqueID":      func() any { return c.items.Text(workitem.UniqueID) },
		"modelVersion":  func() any { return c.items.Text(workitem.ModelVersion) },
		"workflowGroup": func() any { return c.items.Text(workitem.WorkflowGroup) },
		"type":          func() any { return c.items.Text(workitem.Type) },
	} {
		value := func(goja.FunctionCall) goja.Value { return c.s.vm.ToValue(get()) }
		c.method("get"+strings.ToUpper(name[:1])+name[1:], value)
		if name == "type" { // an item of this name
			continue
		}
		property := c.s.function(name, value)
		if err := c.prototype.DefineAccessorProperty(name, property, nil, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
			panic(err)
		}
	}
}

func (c *collection) getters() map[string]func(name string) goja.Value {
	value := func(v any) goja.Value { return c.s.vm.ToValue(v) }
	list := func(name string) goja.Value { return c.s.listValue(c.items.Values(name)) }
	text := func(name string) goja.Value { return value(c.items.Text(name)) }
	double := func(name string) goja.Value { return value(c.items.Double(name)) }
	date := func(name string) goja.Value { return c.s.date(c.items.Date(name)) }
	return map[string]func(name string) goja.Value{
		"getItemValue":              list,
		"getItemValueList":          list,
		"getItemValueString":        text,
		"get":                       text, // as scripts of old know it
		"getItemValueInteger":       func(name string) goja.Value { return value(c.items.Int(name)) },
		"getItemValueLong":          func(name string) goja.Value { return value(c.items.Long(name)) },
		"getItemValueDouble":        double,
		"getItemValueFloat":         double,
		"getItemValueBoolean":       func(name string) goja.Value { return value(c.items.Bool(name)) },
		"getItemValueDate":          date,
		"getItemValueLocalDate":     date,
		"getItemValueLocalDateTime": date,
		"hasItem":                   func(name string) goja.Value { return value(c.items.Has(name)) },
		"isItemEmpty":               func(name string) goja.Value { return value(c.items.Empty(name)) },
		"isItemValueInteger":        func(name string) goja.Value { return value(firstIs[int64](c.items, name)) },
		"isItemValueLong":           func(name string) goja.Value { return value(firstIs[int64](c.items, name)) },
		"isItemValueDouble":         func(name string) goja.Value { return value(firstIs[float64](c.items, name)) },
		"isItemValueFloat":          func(name string) goja.Value { return value(firstIs[float64](c.items, name)) },
		"isItemValueDate":           func(name string) goja.Value { return value(firstIs[time.Time](c.items, name)) },
		"isItemValueNumeric": func(name string) goja.Value {
			return value(firstIs[int64](c.items, name) || firstIs[float64](c.items, name))
		},
		"getItemNames": func(string) goja.Value {
			names := c.Keys()
			list := make([]any, len(names))
			for i, n := range names {
				list[i] = n
			}
			return c.s.listValue(list)
		},
	}
}

// firstIs reports whether the first value of an item has a type.
func firstIs[T any](items workitem.Items, name string) bool {
	values := items.Values(name)
	if len(values) == 0 {
		return false
	}
	_, ok := values[0].(T)
	return ok
}
