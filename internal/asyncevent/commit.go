package asyncevent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/workitem"
)

// errExists says that a workitem that was to be new is stored already.
var errExists = errors.New("a workitem of this id exists")

// commit takes the effect of the changes in one transaction and says of each
// whether it is [Processed] or [Busy]: a workitem is locked or has changed since
// it was read, its model was deleted, or the entry could not be removed, because
// it is locked, gone or too early. Reading again tells.
//
// Deadlocks and serialization failures are tried again at once. An error means
// that nothing has been committed, or that it is not known.
func (p *Processor) commit(ctx context.Context, changes []*change) ([]Outcome, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	for attempt := 1; ; attempt++ {
		outcomes, written, err := p.commitOnce(ctx, changes)
		if err == nil {
			p.metrics.discarded(written.discarded)
			if written.entries > 0 {
				p.ring()
			}
			return outcomes, nil
		}
		if attempt == 3 || !postgres.IsRetryable(err) {
			return nil, err
		}
	}
}

// written counts what a transaction has written besides workitems.
type written struct {
	entries, discarded int
}

func (p *Processor) commitOnce(ctx context.Context, changes []*change) (outcomes []Outcome, n written, err error) {
	tx, err := p.pool.Begin(ctx)
	if err != nil {
		return nil, n, fmt.Errorf("begin: %w", err)
	}
	defer rollback(ctx, tx)

	outcomes = make([]Outcome, len(changes))
	if err := lock(ctx, tx, changes, outcomes); err != nil {
		return nil, n, err
	}
	// Before the entries are removed: what is busy must keep its own.
	if err := hold(ctx, tx, changes, outcomes); err != nil {
		return nil, n, err
	}
	if err := prove(ctx, tx, changes, outcomes); err != nil {
		return nil, n, err
	}
	n, err = write(ctx, tx, changes, outcomes)
	if err != nil {
		return nil, n, err
	}
	if err := tx.Commit(ctx); err != nil {
		return nil, n, fmt.Errorf("commit: %w", err)
	}
	return outcomes, n, nil
}

// rollback ends a transaction that has not been committed, also when the context
// has ended.
func rollback(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = tx.Rollback(ctx)
}

// lock locks the workitems that are stored and marks as busy the changes of which
// it cannot have one, or of which one has changed.
func lock(ctx context.Context, tx pgx.Tx, changes []*change, outcomes []Outcome) error {
	ids := make([]string, 0, len(changes))
	for _, c := range changes {
		for i := range c.members {
			if m := &c.members[i]; m.before.version > 0 {
				ids = append(ids, m.uniqueID())
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	locked, err := workitem.LockFree(ctx, tx, ids)
	if err != nil {
		return err
	}
	for i, c := range changes {
		for _, m := range c.members {
			if m.before.version == 0 {
				continue
			}
			now, ok := locked[m.uniqueID()]
			if !ok || now.Version != m.before.version || now.ArmedBy != m.before.armedBy {
				outcomes[i] = Busy
			}
		}
	}
	return nil
}

// hold keeps the models from being deleted under whose version workitems come,
// and marks as busy the changes of which one has been. It need not for those that
// were there: their workitems keep it.
func hold(ctx context.Context, tx pgx.Tx, changes []*change, outcomes []Outcome) error {
	var versions []string
	for i, c := range changes {
		for j := range c.members {
			if m := &c.members[j]; outcomes[i] == proceed && m.modelVersion() != m.before.modelVersion {
				versions = append(versions, m.modelVersion())
			}
		}
	}
	if len(versions) == 0 {
		return nil
	}
	slices.Sort(versions)
	held, err := catalog.Hold(ctx, tx, slices.Compact(versions))
	if err != nil {
		return err
	}
	for i, c := range changes {
		for j := range c.members {
			if m := &c.members[j]; m.modelVersion() != m.before.modelVersion && !held[m.modelVersion()] {
				outcomes[i] = Busy
			}
		}
	}
	return nil
}

// prove removes the entries of the changes that hold their lock. Only what this
// transaction removes takes effect in it.
func prove(ctx context.Context, tx pgx.Tx, changes []*change, outcomes []Outcome) error {
	ids := make([]uuid.UUID, 0, len(changes))
	for i, c := range changes {
		if outcomes[i] == proceed && c.entry != uuid.Nil {
			ids = append(ids, c.entry)
		}
	}
	removed, err := outbox.Remove(ctx, tx, ids)
	if err != nil {
		return err
	}
	for i, c := range changes {
		if outcomes[i] == proceed && c.entry != uuid.Nil && !removed[c.entry] {
			outcomes[i] = Busy
		}
	}
	return nil
}

// write stores what has been proved: first what earlier states had armed is
// removed, then the new states and their entries are written.
func write(ctx context.Context, tx pgx.Tx, changes []*change, outcomes []Outcome) (n written, err error) {
	var moves []outbox.Move
	var records []*workitem.Record
	var entries []outbox.NewEntry
	for i, c := range changes {
		if outcomes[i] != proceed {
			continue
		}
		outcomes[i] = Processed
		for _, m := range c.members {
			if m.moves {
				moves = append(moves, outbox.Move{Ref: m.uniqueID(), TransactionID: m.transactionID()})
			}
			records = append(records, m.record)
			entries = append(entries, m.armed...)
		}
		entries = append(entries, c.entries...)
	}
	if n.discarded, err = outbox.DiscardArmed(ctx, tx, moves); err != nil {
		return n, err
	}
	stored, err := workitem.Write(ctx, tx, records)
	if err != nil {
		return n, err
	}
	if stored != len(records) {
		return n, errExists
	}
	n.entries = len(entries)
	return n, outbox.Insert(ctx, tx, entries)
}
