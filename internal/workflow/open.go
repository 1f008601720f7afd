package workflow

import (
	"errors"
	"fmt"

	"github.com/postlude/postlude/internal/workitem"
)

// Errors of [Open].
var (
	// ErrNotAllowed says that the workitem is not stored, and what was given is
	// not enough to create it.
	ErrNotAllowed = errors.New("$taskid, $eventid and $modelversion or $workflowgroup are needed to create a workitem")
	// ErrTask says that the $taskid given is not the one the workitem is on.
	ErrTask = errors.New("the workitem is on another task")
)

// Open returns the items to process: what is given, laid over what is stored
// under its $uniqueid, which is nil if nothing is. It takes both over.
//
// What the kernel and the store write is theirs: a client's copy of it may be
// old, and would take back history. The error is an [*Error] around ErrNotAllowed
// or ErrTask.
func Open(given, stored workitem.Items) (workitem.Items, error) {
	items := given
	if stored == nil {
		if code := missingToCreate(given); code != "" {
			return nil, &Error{Code: code, Message: "open workitem", Err: ErrNotAllowed}
		}
	} else {
		task, on := given.Task(), stored.Task()
		if task > 0 && task != on {
			return nil, &Error{Code: InvalidTask, Message: fmt.Sprintf("task %d, not %d", on, task), Err: ErrTask}
		}
		overlay(stored, given)
		items = stored
	}
	if items.Empty(workitem.Type) {
		items.Set(workitem.Type, "workitem")
	}
	return items, nil
}

// missingToCreate says what a workitem lacks that is to be created; "" if
// nothing. One that has an id was meant to be stored.
func missingToCreate(given workitem.Items) Code {
	var code Code
	switch {
	case given.Empty(workitem.ModelVersion) && given.Empty(workitem.WorkflowGroup):
		code = UndefinedModelVersion
	case given.Task() <= 0:
		code = UndefinedProcessID
	case given.Event() <= 0:
		code = UndefinedActivityID
	}
	if code != "" && !given.Empty(workitem.UniqueID) {
		return OperationNotAllowed
	}
	return code
}

func overlay(stored, given workitem.Items) {
	for name, values := range given {
		switch name {
		case workitem.TaskID, workitem.ProcessID, workitem.EventLog, workitem.Created, workitem.Modified, workitem.Creator, workitem.WorkitemID,
			workitem.TransactionID, workitem.UniqueIDSource, workitem.UniqueIDVersions:
		default:
			stored[name] = values
		}
	}
}
