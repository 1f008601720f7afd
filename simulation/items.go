package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/postlude/postlude/internal/workitem"
)

// itemsOf brings items into the form in which they are kept. The error says
// which of them is given twice, or cannot be stored.
func itemsOf(given map[string][]any) (workitem.Items, error) {
	items := make(workitem.Items, len(given))
	named := make(map[string]string, len(given))
	for _, name := range slices.Sorted(maps.Keys(given)) { // so that the error is always the same
		kept, err := valuesOf(given[name])
		if err != nil {
			return nil, fmt.Errorf("item %s: %w", name, err)
		}
		form := strings.ToLower(strings.TrimSpace(name))
		if other, ok := named[form]; ok {
			return nil, fmt.Errorf("%q and %q are one item: only one of them can be given", other, name)
		}
		named[form], items[form] = name, kept
	}
	return items, items.Check()
}

func valuesOf(given []any) ([]any, error) {
	kept := make([]any, 0, len(given))
	for _, v := range given {
		n, err := workitem.Normalize(v)
		if err != nil {
			return nil, err
		}
		if n != nil {
			kept = append(kept, n)
		}
	}
	return kept, nil
}
