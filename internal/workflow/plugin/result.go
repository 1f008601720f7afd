package plugin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/result"
	"github.com/postlude/postlude/internal/workflow/text"
	"github.com/postlude/postlude/internal/workitem"
)

// resultText returns the text that holds what an event does: the tags of
// several plugins.
func resultText(event workitem.Items) string {
	if t := event.Text("workflow.result"); t != "" {
		return t
	}
	return event.Text("txtactivityresult")
}

// Result is org.imixs.workflow.engine.plugins.ResultPlugin: it sets items of the
// workitem to what the <item> tags of the event say.
type Result struct{}

// Run implements [workflow.Plugin].
func (Result) Run(ctx context.Context, step *workflow.Step) error {
	source := resultText(step.Event)
	if !strings.Contains(source, "<") {
		return nil
	}
	items, err := readResult(ctx, step, source)
	if err != nil {
		return invalid("<item>", err)
	}
	for name, values := range items {
		if !strings.HasPrefix(name, "$") || name == "$file" || name == "$snapshot.history" {
			step.Items[name] = slices.Clone(values)
		}
	}
	return nil
}

// resultKey is the key of what a text without replacements sets.
type resultKey struct {
	source, locale string
	zone           *time.Location
}

// readResult returns the items that a text sets, which must not be changed. A
// text in which nothing is replaced always sets the same: it is parsed once.
func readResult(ctx context.Context, step *workflow.Step, source string) (workitem.Items, error) {
	s := step.Text(step.Items)
	if len(source) > maxKeptText {
		return result.Items(ctx, source, "item", s)
	}
	static, _ := step.Keep(resultKey{source, s.Locale, s.Zone}, func() any {
		return parseStatic(context.WithoutCancel(ctx), source, &text.Scope{Locale: s.Locale, Zone: s.Zone})
	}).(workitem.Items)
	if static == nil {
		return result.Items(ctx, source, "item", s)
	}
	return static, nil
}

// parseStatic returns the items that a text sets for whatever workitem; nil if
// it depends on that, or fails.
func parseStatic(ctx context.Context, source string, empty *text.Scope) workitem.Items {
	if adapted, err := text.Adapt(ctx, source, empty); err != nil || adapted != source {
		return nil
	}
	items, err := result.Items(ctx, source, "item", empty)
	switch {
	case err != nil:
		return nil
	case items == nil:
		return workitem.Items{}
	}
	return items
}
