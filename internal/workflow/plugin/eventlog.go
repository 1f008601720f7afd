package plugin

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workflow/result"
	"github.com/postlude/postlude/internal/workflow/tag"
	"github.com/postlude/postlude/internal/workitem"
)

// EventLog is org.imixs.workflow.engine.plugins.EventLogPlugin: it writes an
// entry to the event log for each <eventlog> tag of the event, in their order.
type EventLog struct{}

// Run implements [workflow.Plugin].
func (EventLog) Run(ctx context.Context, step *workflow.Step) error {
	source := resultText(step.Event)
	// Only a tag of the model counts, none that the text of an item brings along.
	if !strings.Contains(source, "<eventlog") {
		return nil
	}
	tags, err := result.Tags(ctx, source, "eventlog", step.Text(step.Items))
	if err != nil {
		return invalid("<eventlog>", err)
	}
	for i := range tags {
		entry, err := readEntry(&tags[i], step.Items.Text(workitem.UniqueID))
		if err != nil {
			return err
		}
		step.Create(entry)
	}
	return nil
}

// readEntry returns the entry that a tag describes. Without a ref it is about
// the workitem.
func readEntry(t *tag.Tag, uniqueID string) (workflow.Entry, error) {
	e := workflow.Entry{Topic: topic(t)}
	switch e.Topic {
	case "":
		return e, refuse(workflow.InvalidTagFormat, "<eventlog>: there is no topic, the attribute name")
	case workflow.AsyncTopic:
		return e, refuse(workflow.OperationNotAllowed, "<eventlog>: the topic %s belongs to boundary events", workflow.AsyncTopic)
	}
	definition, err := children("<eventlog>", t.Content)
	if err != nil {
		return e, err
	}
	if e.Ref = definition.Text("ref"); strings.TrimSpace(e.Ref) == "" {
		e.Ref = uniqueID
	}
	if e.Delay, err = readTimeout(definition.Text("timeout")); err != nil {
		return e, err
	}
	if document := definition.Text("document"); document != "" {
		if e.Data, err = children("<document>", document); err != nil {
			return e, err
		}
	}
	return e, nil
}

func topic(t *tag.Tag) string {
	name, _ := t.Attribute("name")
	return strings.TrimSpace(name)
}

// readTimeout reads milliseconds. As in Imixs, one that is past is none.
func readTimeout(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, nil
	}
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil || ms > math.MaxInt64/int64(time.Millisecond) {
		return 0, refuse(workflow.InvalidTagFormat, "<eventlog>: the timeout %q is not a number of milliseconds", s)
	}
	return time.Duration(max(ms, 0)) * time.Millisecond, nil
}
