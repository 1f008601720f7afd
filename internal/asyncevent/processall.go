package asyncevent

import (
	"context"
	"errors"
	"fmt"

	"github.com/postlude/postlude/internal/workitem"
)

// MaxDocuments is how many documents can be processed in one transaction.
const MaxDocuments = 100

// ErrTooMany says that there are more than [MaxDocuments].
var ErrTooMany = errors.New("more than 100 documents")

// DocumentError says which of several documents cannot be processed, and so why
// none is.
type DocumentError struct {
	Index    int    // from 1
	UniqueID string // as given, "" if it was not
	Err      error  // as ProcessBy would return it
}

// Error implements error.
func (e *DocumentError) Error() string {
	if e.UniqueID == "" {
		return fmt.Sprintf("document %d: %v", e.Index, e.Err)
	}
	return fmt.Sprintf("document %d (%s): %v", e.Index, e.UniqueID, e.Err)
}

// Unwrap returns the cause.
func (e *DocumentError) Unwrap() error { return e.Err }

// ProcessAllBy does for each document, in their order, what ProcessBy does, in one
// transaction, all or none. It returns the workitems as they then are, in the same
// order. A document finds the workitems as those before it have left them, its own
// too; a workitem that several are about is returned for each of them, as it is at
// last.
//
// Only that state is stored and arms, as if it had been reached in one step.
// Adapters, whose effects are outside the transaction, have run for the documents
// in front of one that fails.
//
// The error is ErrTooMany; a [*DocumentError] if one document is at fault;
// ErrConflict if any of the workitems was processed by somebody else meanwhile; or
// one of Postgres.
func (p *Processor) ProcessAllBy(ctx context.Context, given []workitem.Items, by By) ([]workitem.Items, error) {
	switch {
	case len(given) > MaxDocuments:
		return nil, ErrTooMany
	case len(given) == 0:
		return nil, nil
	}
	for i, items := range given {
		if err := items.Check(); err != nil {
			return nil, documentError(i, items, err)
		}
	}
	if err := p.catalog.RefreshNow(ctx); err != nil {
		return nil, err
	}
	d := newDraft(p.pool, by, &change{})
	ids := make([]string, len(given))
	for i, items := range given {
		var err error
		if ids[i], err = p.processIn(ctx, d, items); err != nil {
			return nil, documentError(i, items, err)
		}
	}
	if err := p.commitDraft(ctx, d); err != nil {
		return nil, err
	}
	processed := make([]workitem.Items, len(ids))
	for i, id := range ids {
		processed[i] = d.change.items(id)
	}
	return processed, nil
}

func documentError(i int, items workitem.Items, err error) error {
	return &DocumentError{Index: i + 1, UniqueID: items.Text(workitem.UniqueID), Err: err}
}
