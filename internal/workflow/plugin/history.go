package plugin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

const (
	history        = "workflow.history"
	earlierHistory = "txtworkflowhistory"
	firstHistory   = "txtworkflowhistorylog"
	reversedFirst  = "txtworkflowhistorylogrev" // with it, firstHistory was not converted yet
)

// History is org.imixs.workflow.engine.plugins.HistoryPlugin: it adds the
// message of the event to the history of the workitem, with its time and who
// processed.
type History struct{}

// Run implements [workflow.Plugin].
func (History) Run(ctx context.Context, step *workflow.Step) error {
	if step.Items.Has(reversedFirst) {
		writeHistory(step.Items, convertHistory(step))
		step.Items.Remove(reversedFirst)
	}
	template := step.Event.Text("rtfresultlog")
	if template == "" {
		return nil
	}
	message, err := text.Adapt(ctx, template, step.Text(step.Items))
	if err != nil {
		return invalid("rtfresultlog", err)
	}
	at := step.Items.Date(workitem.LastEventDate)
	if at.IsZero() {
		return refuse(workflow.PluginError, "history: the workitem has no %s", workitem.LastEventDate)
	}
	writeHistory(step.Items, append(readHistory(step.Items), workitem.List{at, message, step.Editor}))
	return nil
}

// readHistory returns the entries so far, a copy. What is no entry is left out.
func readHistory(items workitem.Items) []any {
	entries := items.Values(history)
	if items.Empty(history) {
		entries = items.Values(earlierHistory)
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e any) bool {
		_, ok := e.(workitem.List)
		return !ok
	})
}

// writeHistory writes the entries in the order of their time, under both names.
func writeHistory(items workitem.Items, entries []any) {
	slices.SortStableFunc(entries, func(a, b any) int { return entryTime(a).Compare(entryTime(b)) })
	items[history], items[earlierHistory] = entries, slices.Clone(entries)
}

func entryTime(entry any) time.Time {
	if list, ok := entry.(workitem.List); ok && len(list) > 0 {
		if t, ok := list[0].(time.Time); ok {
			return t
		}
	}
	return time.Time{}
}

// convertHistory reads the lines of the first versions of Imixs, which are
// "05.03.2014, 14:07:09 : text". Others stay where they are, unread.
func convertHistory(step *workflow.Step) []any {
	zone := step.Text(step.Items).Zone
	if zone == nil {
		zone = time.UTC
	}
	var entries []any
	for _, v := range step.Items.Values(firstHistory) {
		stamp, message, ok := strings.Cut(workitem.FormatValue(v), " : ")
		at, err := time.ParseInLocation("02.01.2006, 15:04:05", stamp, zone)
		if ok && err == nil {
			entries = append(entries, workitem.List{at.UTC(), message, ""})
		}
	}
	return entries
}
