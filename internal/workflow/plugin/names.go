package plugin

import (
	"context"
	"fmt"
	"strings"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

// updateACL is the item by which an event or a task says that it has lists of
// names.
const updateACL = "keyupdateacl"

// listing returns who says which names are to be listed: the event, else the
// next task, else nobody, which is nil.
func listing(ctx context.Context, step *workflow.Step) (workitem.Items, error) {
	if step.Event.Bool(updateACL) {
		return step.Event, nil
	}
	if !step.TasksHave(updateACL) {
		return nil, nil
	}
	task, err := step.NextTask(ctx)
	if err != nil || !task.Bool(updateACL) {
		return nil, err
	}
	return task, nil
}

// names returns the names that the item list of an entity holds, as texts, and
// those that the items of the workitem hold which the item mapping names. Each
// is there once; without any there is one empty name, which nobody has.
func names(ctx context.Context, step *workflow.Step, entity workitem.Items, list, mapping string) ([]any, error) {
	var found []any
	for _, v := range entity.Values(list) {
		if template, ok := v.(string); ok {
			name, err := text.Adapt(ctx, template, step.Text(step.Items))
			if err != nil {
				return nil, invalid(list, err)
			}
			v = name
		}
		found = append(found, v)
	}
	for _, v := range entity.Values(mapping) {
		found = append(found, mapped(step.Items, workitem.FormatValue(v))...)
	}
	found = unique(found)
	if len(found) == 0 {
		return []any{""}, nil
	}
	return found, nil
}

// mapped returns the names of a mapping: the values of an item, or those of a
// literal [a,b] or {a,b}.
func mapped(items workitem.Items, mapping string) []any {
	mapping = strings.TrimSpace(mapping)
	literal, ok := between(mapping, "[", "]")
	if !ok {
		literal, ok = between(mapping, "{", "}")
	}
	if !ok {
		return items.Values(mapping)
	}
	parts := strings.Split(literal, ",")
	values := make([]any, len(parts))
	for i, part := range parts {
		// As in Imixs, only the blanks around a comma go.
		if i > 0 {
			part = strings.TrimLeft(part, blanks)
		}
		if i < len(parts)-1 {
			part = strings.TrimRight(part, blanks)
		}
		values[i] = part
	}
	return values
}

const blanks = " \t\n\v\f\r"

func between(s, open, end string) (string, bool) {
	s, opened := strings.CutPrefix(s, open)
	s, ended := strings.CutSuffix(s, end)
	return s, opened && ended
}

// unique drops empty values, and those that are there already.
func unique(values []any) []any {
	seen := make(map[string]bool, len(values))
	kept := values[:0:0]
	for _, v := range values {
		key, isText := v.(string)
		if !isText {
			key = fmt.Sprintf("\x00%T %v", v, v)
		}
		if key != "" && !seen[key] {
			seen[key] = true
			kept = append(kept, v)
		}
	}
	return kept
}
