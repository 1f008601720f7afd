package dryrun

import (
	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// CheckItems returns the error of the first workitem of a result that could not
// be stored, a [*workflow.Error].
func CheckItems(r workflow.Result) error {
	for reached := range r.All() {
		if err := reached.Items.Check(); err != nil {
			id := reached.Items.Text(workitem.UniqueID)
			return &workflow.Error{Code: workflow.InvalidWorkitem, Message: "workitem " + id, Err: err}
		}
	}
	return nil
}

// CheckEntries returns the error of the first entry that a plugin wrote and the
// event log would refuse, a [*workflow.Error].
func CheckEntries(r workflow.Result) error {
	for _, e := range r.Entries {
		if _, err := asyncevent.NewEntry(e); err != nil {
			return err
		}
	}
	return nil
}
