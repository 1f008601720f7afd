package rest

import (
	"context"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

// Items of who did something, under their names of old.
const (
	itemOldCreator = "namcreator"
	itemOldEditor  = "namcurrenteditor"
	itemOldLast    = "namlasteditor"
)

// codeNotYours is the code of a processing that the caller's rights forbid: Imixs'
// word.
const codeNotYours = "OPERATION_NOTALLOWED"

// accessOf are the access lists of a workitem. A value that is no text restricts
// as well, by its text.
func accessOf(items workitem.Items) auth.Access {
	return auth.Access{Read: textsOf(items.Values(workitem.ReadAccess)), Write: textsOf(items.Values(workitem.WriteAccess))}
}

func textsOf(values []any) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = workitem.FormatValue(value)
	}
	return texts
}

// processAs processes a workitem in the name of the caller, if it may.
func (a *api) processAs(ctx context.Context, given workitem.Items) (workitem.Items, error) {
	caller := auth.CallerOf(ctx)
	// Who did something is not the client's to say.
	for _, name := range []string{
		workitem.Creator, workitem.Editor, workitem.LastEditor, itemOldCreator, itemOldEditor, itemOldLast,
	} {
		given.Remove(name)
	}
	return a.processor.ProcessBy(ctx, given, asyncevent.By{
		Editor: caller.Name,
		Allow:  func(stored workitem.Items) error { return mayProcess(caller, stored) },
	})
}

// mayProcess says why a caller must not process a stored workitem, or create one
// if stored is nil.
func mayProcess(caller auth.Caller, stored workitem.Items) error {
	switch {
	case !caller.MayCreate():
		return &requestError{statusProcessing, codeNotYours, "processing and creating workitems needs " + auth.Author.String()}
	case stored != nil && !caller.MayProcess(accessOf(stored)):
		return &requestError{statusProcessing, codeNotYours, "you may not process this workitem"}
	}
	return nil
}

// hideFrom leaves out of an async event what belongs to its workitem, from callers
// that may not manage such events.
func (a *api) hideFrom(caller auth.Caller, listed *outbox.Listed) {
	if listed.Topic == outbox.TopicAsync && !a.security.Topics.Topics().May(caller, auth.Manage, listed.Topic) {
		listed.Data, listed.LastError = nil, ""
	}
}
