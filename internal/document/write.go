package document

import (
	"maps"
	"slices"
	"strings"

	"github.com/postlude/postlude/internal/workitem"
)

// namedItem is an item as it is written: by the name it is asked for.
type namedItem struct {
	name   string
	values []any
}

// selected returns the items to write, by name; all of them if no names are
// given. One that is asked for and not there is there without values; one with a
// name that no reader takes is left out: without some of its characters it might be
// that of another.
func selected(items workitem.Items, names []string) []namedItem {
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(items))
	} else {
		names = slices.Sorted(slices.Values(names))
	}
	list := make([]namedItem, 0, len(names))
	for _, name := range names {
		if workitem.ValidName(name) && strings.TrimSpace(name) != "" {
			list = append(list, namedItem{name, items.Values(name)})
		}
	}
	return list
}

// members returns the members of a map as items, by name. A member that is no
// list is one of one value.
func members(m workitem.Map) []namedItem {
	list := make([]namedItem, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !workitem.ValidName(name) {
			continue
		}
		values, ok := m[name].(workitem.List)
		if !ok {
			values = []any{m[name]}
		}
		list = append(list, namedItem{name, values})
	}
	return list
}

// known returns a value of an item type: nil for what has none.
func known(value any) any {
	v, err := workitem.Normalize(value)
	if err != nil {
		return nil
	}
	return v
}
