package rest

import (
	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/workitem"
)

// Items of who did something, and of the history, besides those of package
// workitem: what plugins write, and the names of old.
const (
	itemOldCreator     = "namcreator"
	itemOldEditor      = "namcurrenteditor"
	itemOldLast        = "namlasteditor"
	itemParticipants   = "$participants"
	itemOldEventLog    = "$eventlogdeprecated"
	itemVersionCreated = "$created.version"
	itemHistory        = "workflow.history"
	itemOldHistory     = "txtworkflowhistory"
	itemFirstHistory   = "txtworkflowhistorylog"
	itemFirstReversed  = "txtworkflowhistorylogrev"
)

// codeNotAllowed is the code of a processing that the caller's rights forbid: Imixs'
// word.
const codeNotAllowed = "OPERATION_NOTALLOWED"

// noName is in the place of a value that is no name: it restricts as well, and is
// nobody's. No caller has this character in a name.
const noName = "\x00"

// accessOf are the access lists of a workitem, of which an empty text alone names
// nobody. The columns by which lists find workitems follow the same rules.
func accessOf(items workitem.Items) auth.Access {
	return auth.Access{Read: accessNames(items.Values(workitem.ReadAccess)), Write: accessNames(items.Values(workitem.WriteAccess))}
}

func accessNames(values []any) []string {
	names := make([]string, len(values))
	for i, value := range values {
		name, ok := workitem.NameText(value)
		if !ok {
			name = noName
		}
		names[i] = name
	}
	return names
}

// by is in whose name the caller's workitems are processed, and what it may.
func (c *call) by() asyncevent.By {
	return asyncevent.By{
		Editor:  c.caller.Name,
		Allow:   func(stored workitem.Items) error { return mayProcess(c.caller, stored) },
		MayRead: func(stored workitem.Items) bool { return c.caller.MayRead(accessOf(stored)) },
	}
}

// disown takes out of what was sent who did something, and what has been done: that
// is not the client's to say. What is stored stays, so that a client may send back
// what it has read; a new workitem begins without.
func disown(given workitem.Items) {
	for _, name := range []string{
		workitem.Creator, workitem.Editor, workitem.LastEditor, itemOldCreator, itemOldEditor, itemOldLast, itemParticipants,
		workitem.EventLog, itemOldEventLog, workitem.LastTask, workitem.LastEvent, workitem.LastEventDate,
		workitem.UniqueIDSource, workitem.UniqueIDVersions, itemVersionCreated,
		itemHistory, itemOldHistory, itemFirstHistory, itemFirstReversed,
	} {
		given.Remove(name)
	}
}

// mayProcess says why a caller must not process a stored workitem, or create one
// if stored is nil.
func mayProcess(caller auth.Caller, stored workitem.Items) error {
	switch {
	case !caller.MayCreate():
		return &requestError{statusProcessing, codeNotAllowed, "processing and creating workitems needs " + auth.Author.String()}
	case stored != nil && !caller.MayProcess(accessOf(stored)):
		return &requestError{statusProcessing, codeNotAllowed, "you may not process this workitem"}
	}
	return nil
}
