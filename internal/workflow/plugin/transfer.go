package plugin

import (
	"strings"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// transfer copies the items that a list names from one workitem into another.
// The list has commas between item names, renamings "from|to" and regular
// expressions "(…)" that select the items in whose names they are found. An
// item that is missing becomes an empty one.
//
// What kernel and store write about a workitem is its own and stays: a copied
// $uniqueid would turn it into the other.
func transfer(step *workflow.Step, list string, from, to workitem.Items) error {
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if expression, ok := between(part, "(", ")"); ok {
			if err := transferMatching(step, "("+expression+")", from, to); err != nil {
				return err
			}
			continue
		}
		source, target, renamed := strings.Cut(part, "|")
		if !renamed {
			target = source
		}
		put(to, target, from.Values(source))
	}
	return nil
}

func transferMatching(step *workflow.Step, expression string, from, to workitem.Items) error {
	pattern, err := compile(step, expression)
	if err != nil {
		return err
	}
	for name, values := range from {
		if pattern.MatchString(name) {
			put(to, name, values)
		}
	}
	return nil
}

// put sets an item, to no values too.
func put(items workitem.Items, name string, values []any) {
	name = strings.ToLower(strings.TrimSpace(name))
	if !own(name) {
		items[name] = append([]any{}, values...)
	}
}

// own says that an item is about this very workitem.
func own(name string) bool {
	switch name {
	case workitem.UniqueID, workitem.WorkitemID, workitem.TransactionID, workitem.UniqueIDSource, workitem.UniqueIDVersions,
		workitem.ModelVersion, workitem.TaskID, workitem.ProcessID, workitem.EventID, workitem.ActivityID,
		workitem.LastTask, workitem.LastEvent, workitem.LastEventDate, workitem.EventLog, "$eventlogdeprecated",
		"$intermediateevent", "$intermediateevent.elementid", "$isversion", "$created.version",
		workitem.Created, workitem.Modified, "$version", "$isauthor":
		return true
	}
	return false
}
