package asyncevent

import (
	"context"
	"errors"

	"github.com/postlude/postlude/internal/workitem"
)

// others reads further workitems for one processing, without locks, and
// remembers what it read: the commit compares it. It implements
// [workflow.Workitems].
type others struct {
	db      workitem.DB
	records map[string]workitem.Record
}

func newOthers(db workitem.DB) *others {
	return &others{db: db, records: map[string]workitem.Record{}}
}

// Workitem implements [workflow.Workitems].
func (o *others) Workitem(ctx context.Context, id string) (workitem.Items, error) {
	record, ok := o.records[id]
	if !ok {
		var err error
		record, err = workitem.Load(ctx, o.db, id)
		if err != nil && !errors.Is(err, workitem.ErrNotFound) {
			return nil, err
		}
		o.records[id] = record
	}
	if record.Version == 0 {
		return nil, nil
	}
	return record.Items.Clone(), nil
}

// read returns a workitem as it was read; its version is 0 if it was not found.
func (o *others) read(id string) workitem.Record {
	if o == nil {
		return workitem.Record{}
	}
	return o.records[id]
}
