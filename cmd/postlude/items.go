package main

import (
	"fmt"
	"maps"
	"strings"

	"github.com/postlude/postlude/internal/workitem"
)

// readItems reads items as JSON.
func readItems(file string, std streams) (workitem.Items, error) {
	data, err := readInput(file, std.in)
	if err != nil {
		return nil, err
	}
	items, err := workitem.ParseJSON(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", inputName(file), err)
	}
	return items, nil
}

// isAssignment tells NAME=VALUE from the name of a file.
func isAssignment(arg string) bool { return strings.Contains(arg, "=") }

// assign sets items from NAME=VALUE. A name that is given again gets more
// values; what the items had before is replaced.
func assign(items workitem.Items, assignments []string) error {
	assigned := workitem.Items{}
	for _, a := range assignments {
		name, text, ok := strings.Cut(a, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			return usage("--item %s: NAME=VALUE is needed", a)
		}
		assigned.Append(name, parseValue(text))
	}
	maps.Copy(items, assigned)
	return nil
}

// parseValue reads a value as JSON if it is a number, a boolean, an object, an
// array or a quoted text; else it is a text as it stands.
func parseValue(text string) any {
	if text == "" || !strings.ContainsAny(text[:1], `-0123456789{["tf`) {
		return text
	}
	items, err := workitem.ParseJSON([]byte(`{"v":[` + text + `]}`))
	if values := items.Values("v"); err == nil && len(items) == 1 && len(values) == 1 {
		return values[0]
	}
	return text
}
