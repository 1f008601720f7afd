package script

import (
	"time"

	"github.com/dop251/goja"

	"github.com/postlude/postlude/internal/workitem"
)

// Rule runs a business rule on a workitem and an event, which the script may
// change; of the two, one that is nil is not defined. It returns the members of
// the object that the script leaves in its variable result, none of anything
// else there; ok is false if the script has no such variable.
//
// A member is an item: a text, number, boolean or date, or an array of them.
// null, functions, and objects, also within arrays, are left out. Whole numbers
// are integers. workitem.name, as scripts of old ask whether there is an item,
// is true.
//
// The error is an [*Error]. The items are what they were then.
func (e *Engine) Rule(p *Program, items, event workitem.Items, limit time.Duration) (result workitem.Items, ok bool, err error) {
	if p.always != nil {
		return nil, false, nil
	}
	sc := scope{workitem: items, event: event, writable: true}
	err = e.run(p, sc, limit, func(s *sandbox, global *goja.Object, _ goja.Value) error {
		return s.inside(func() error {
			result, ok = s.result(global.Get("result")) // may be a getter of the script
			return nil
		})
	})
	if err != nil {
		return nil, false, err
	}
	return result, ok, nil
}

func (s *sandbox) result(v goja.Value) (workitem.Items, bool) {
	if v == nil { // not declared
		return nil, false
	}
	items := workitem.Items{}
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Object" || o == s.workitem.object || o == s.event.object {
		return items, true // it has no members
	}
	for _, name := range o.Keys() {
		value := s.member(o.Get(name))
		if value == nil {
			continue
		}
		if err := items.Put(s.givenText(s.vm.ToValue(name)), value); err != nil {
			panic(s.vm.NewGoError(err))
		}
		s.spend(itemCost)
	}
	return items, true
}

// member returns the value of a member, nil if it is left out.
func (s *sandbox) member(v goja.Value) any {
	o, ok := v.(*goja.Object)
	switch {
	case !ok:
		return s.element(v)
	case s.isPresent(v):
		return true
	case o.Prototype() == s.listOf:
		return s.givenList(o, 0) // what getItemValue gave, whatever it is
	case o.ClassName() != "Array":
		return s.element(v)
	}
	list := workitem.List{}
	for i := range int(s.list(o)) {
		if value := s.element(o.Get(index(i))); value != nil {
			list = append(list, value)
		}
	}
	return list
}

func (s *sandbox) element(v goja.Value) any {
	switch o := v.(type) {
	case *goja.Symbol:
		return nil
	case *goja.Object:
		if o.ClassName() != "Date" {
			return nil
		}
	}
	return s.given(v, 0)
}
