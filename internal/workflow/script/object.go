package script

import (
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/postlude/postlude/internal/workitem"
)

// workitem returns the object that scripts see: the methods of Imixs'
// ItemCollection, and every item as the list of its values. An item that the
// workitem does not have is undefined.
func (s *sandbox) workitem() *goja.Object {
	o := s.vm.NewDynamicObject(itemObject{s})
	if err := o.SetPrototype(s.itemsOf); err != nil {
		panic(err)
	}
	return o
}

// itemObject leads property access to the items of the running script.
type itemObject struct{ s *sandbox }

func (o itemObject) Get(name string) goja.Value {
	if o.s.methods[name] || !o.s.items.Has(name) {
		return nil
	}
	return o.s.newList(o.s.items.Values(name), o.s.presentOf)
}

func (o itemObject) Has(name string) bool { return !o.s.methods[name] && o.s.items.Has(name) }

// Set and Delete change nothing: a condition has no effects.
func (o itemObject) Set(string, goja.Value) bool { return false }
func (o itemObject) Delete(string) bool          { return false }

func (o itemObject) Keys() []string {
	names := make([]string, 0, len(o.s.items))
	for name := range o.s.items {
		names = append(names, name)
	}
	return names
}

// defineWorkitem builds the prototypes of the workitem and of lists of values.
func (s *sandbox) defineWorkitem() {
	s.itemsOf = s.vm.NewObject()
	s.methods = map[string]bool{}
	for name, get := range s.getters() {
		s.methods[name] = true
		s.native(s.itemsOf, name, func(call goja.FunctionCall) goja.Value { return get(call.Argument(0).String()) })
	}
	for name, item := range map[string]string{
		"taskID": workitem.TaskID, "eventID": workitem.EventID, "uniqueID": workitem.UniqueID,
		"modelVersion": workitem.ModelVersion, "workflowGroup": workitem.WorkflowGroup, "type": workitem.Type,
	} {
		get := func(string) goja.Value { return s.first(item) }
		getter := "get" + strings.ToUpper(name[:1]) + name[1:]
		s.methods[getter] = true
		s.native(s.itemsOf, getter, func(goja.FunctionCall) goja.Value { return get("") })
		// Old scripts use the getters as properties.
		if name != "type" {
			property := s.function(name, func(goja.FunctionCall) goja.Value { return get("") })
			if err := s.itemsOf.DefineAccessorProperty(name, property, nil, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
				panic(err)
			}
		}
	}
	s.defineList()
}

func (s *sandbox) getters() map[string]func(name string) goja.Value {
	value := func(v any) goja.Value { return s.vm.ToValue(v) }
	return map[string]func(name string) goja.Value{
		"getItemValue":        func(name string) goja.Value { return s.listValue(s.items.Values(name)) },
		"getItemValueList":    func(name string) goja.Value { return s.listValue(s.items.Values(name)) },
		"getItemValueString":  func(name string) goja.Value { return value(s.items.Text(name)) },
		"getItemValueInteger": func(name string) goja.Value { return value(s.items.Int(name)) },
		"getItemValueLong":    func(name string) goja.Value { return value(long(s.items.Text(name))) },
		"getItemValueDouble":  func(name string) goja.Value { return value(double(s.items.Values(name))) },
		"getItemValueFloat":   func(name string) goja.Value { return value(double(s.items.Values(name))) },
		"getItemValueBoolean": func(name string) goja.Value { return value(s.items.Bool(name)) },
		"getItemValueDate":    func(name string) goja.Value { return s.date(s.items.Date(name)) },
		"hasItem":             func(name string) goja.Value { return value(s.items.Has(name)) },
		"isItemEmpty":         func(name string) goja.Value { return value(s.items.Empty(name)) },
		"getItemNames": func(string) goja.Value {
			names := itemObject{s}.Keys()
			list := make([]any, len(names))
			for i, n := range names {
				list[i] = n
			}
			return s.listValue(list)
		},
		// The value alone: scripts of old write both get('x') and get('x')[0].
		"get": func(name string) goja.Value {
			values := s.items.Values(name)
			return s.listValue(values[:min(len(values), 1)])
		},
	}
}

// first returns an identifier the way its Java getter does.
func (s *sandbox) first(item string) goja.Value {
	switch item {
	case workitem.TaskID:
		return s.vm.ToValue(either(s.items, workitem.TaskID, workitem.ProcessID))
	case workitem.EventID:
		return s.vm.ToValue(either(s.items, workitem.EventID, workitem.ActivityID))
	}
	return s.vm.ToValue(s.items.Text(item))
}

func either(items workitem.Items, name, old string) int {
	if n := items.Int(name); n != 0 {
		return n
	}
	return items.Int(old)
}

// defineList builds what the values of an item are: an array that has the
// methods of a Java list as well.
func (s *sandbox) defineList() {
	s.listOf = s.vm.CreateObject(s.global("Array", "prototype"))
	s.presentOf = s.vm.CreateObject(s.listOf)
	length := func(call goja.FunctionCall) int { return int(s.list(call.This)) }
	get := func(call goja.FunctionCall, i int) goja.Value { return call.This.ToObject(s.vm).Get(index(i)) }
	s.native(s.listOf, "size", func(call goja.FunctionCall) goja.Value { return s.vm.ToValue(length(call)) })
	s.native(s.listOf, "isEmpty", func(call goja.FunctionCall) goja.Value { return s.vm.ToValue(length(call) == 0) })
	s.native(s.listOf, "get", func(call goja.FunctionCall) goja.Value {
		i := int(call.Argument(0).ToInteger())
		if n := length(call); i < 0 || i >= n {
			s.refuse("index %d is out of range, the item has %d values", i, n)
		}
		return get(call, i)
	})
	s.native(s.listOf, "contains", func(call goja.FunctionCall) goja.Value {
		n := length(call)
		s.compared(int64(n) * textLength(call.Argument(0)))
		for i := range n {
			if v := get(call, i); v != nil && v.StrictEquals(call.Argument(0)) {
				return s.vm.ToValue(true)
			}
		}
		return s.vm.ToValue(false)
	})
}

// listValue makes the array for a list of values. It is a copy.
func (s *sandbox) listValue(values []any) goja.Value { return s.newList(values, s.listOf) }

func (s *sandbox) newList(values []any, prototype *goja.Object) goja.Value {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = s.value(v)
	}
	o := s.vm.NewArray(list...)
	if err := o.SetPrototype(prototype); err != nil {
		panic(err)
	}
	return o
}

func (s *sandbox) value(v any) goja.Value {
	switch v := v.(type) {
	case time.Time:
		return s.date(v)
	case []byte:
		return s.vm.ToValue(workitem.FormatValue(v))
	case workitem.List:
		return s.listValue(v)
	case workitem.Map:
		o := s.vm.NewObject()
		for name, member := range v {
			s.define(o, name, s.value(member))
		}
		return o
	}
	return s.vm.ToValue(v)
}

// date makes a Date, null for the zero time.
func (s *sandbox) date(t time.Time) goja.Value {
	if t.IsZero() {
		return goja.Null()
	}
	o, err := s.vm.New(s.base.Get("Date"), s.vm.ToValue(t.UnixMilli()))
	if err != nil {
		panic(err)
	}
	return o
}

// long reads a whole number strictly, 0 if it is none.
func long(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// double reads a number as written in German or in English: 1.234,5 and
// 1,234.5. The last separator is the decimal one.
func double(values []any) float64 {
	if len(values) == 0 {
		return 0
	}
	switch v := values[0].(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	case string:
		return doubleText(strings.TrimSpace(v))
	}
	return 0
}

func doubleText(text string) float64 {
	point, comma := strings.LastIndexByte(text, '.'), strings.LastIndexByte(text, ',')
	switch {
	case comma > point:
		text = strings.ReplaceAll(text, ".", "")
		text = strings.Replace(text, ",", ".", 1)
	case point > comma:
		text = strings.ReplaceAll(text, ",", "")
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return n
}
