package asyncevent

import (
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// NewEntry returns the event log entry that a plugin wants written. The error
// is an [*workflow.Error]: what it wrote cannot be stored.
func NewEntry(e workflow.Entry) (outbox.NewEntry, error) {
	entry := outbox.NewEntry{Topic: e.Topic, Ref: e.Ref, Delay: e.Delay}
	if err := e.Data.Check(); err != nil {
		return entry, refused(e, err)
	}
	if e.Data != nil {
		entry.Data = workitem.AppendJSON(nil, e.Data)
	}
	if err := entry.Check(); err != nil {
		return entry, refused(e, err)
	}
	return entry, nil
}

func refused(e workflow.Entry, err error) error {
	return &workflow.Error{Code: workflow.PluginError, Message: "event log entry of topic " + e.Topic, Err: err}
}
