package document

import (
	"maps"
	"slices"

	"github.com/postlude/postlude/internal/workitem"
)

// namedItem is an item as it is written: by the name it is asked for.
type namedItem struct {
	name   string
	values []any
}

// selected returns the items to write, by name; all of them if no names are
// given. One that is asked for and not there is there without values.
func selected(items workitem.Items, names []string) []namedItem {
	if len(names) == 0 {
		return sorted(items)
	}
	list := make([]namedItem, len(names))
	for i, name := range slices.Sorted(slices.Values(names)) {
		list[i] = namedItem{name, items.Values(name)}
	}
	return list
}

func sorted(items map[string][]any) []namedItem {
	list := make([]namedItem, 0, len(items))
	for _, name := range slices.Sorted(maps.Keys(items)) {
		list = append(list, namedItem{name, items[name]})
	}
	return list
}

// members returns the members of a map as items, by name. A member that is no
// list is one of one value.
func members(m workitem.Map) []namedItem {
	list := make([]namedItem, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
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
