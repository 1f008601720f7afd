package asyncevent

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgres"
	"github.com/postlude/postlude/internal/workflow"
)

// batchBudget is how long kernels may run for one batch; what is left of it then
// is handled in the next.
const batchBudget = 100 * time.Millisecond

// missingPause is how long an entry without a workitem waits: it will hardly
// come.
const missingPause = time.Hour

// busyPause is short and not the same for all.
func busyPause() time.Duration {
	return 20*time.Millisecond + rand.N(30*time.Millisecond) //nolint:gosec // a pause needs no secret
}

// round is a batch on its way.
type round struct {
	candidates []candidate
	verdicts   []Verdict
	read       time.Time

	changes []*change
	of      []int // the candidate of each change
	stale   []outbox.Stale
	apart   []uuid.UUID
	failed  []outbox.Failure
}

// Batch handles deliveries together: one read, the kernels, one transaction. A
// verdict stands for each delivery, in order. An error means that Postgres could
// not be asked, or did not answer: nothing is lost, and the same deliveries can
// be handled again.
func (p *Processor) Batch(ctx context.Context, deliveries []Delivery) ([]Verdict, error) {
	candidates, err := p.read(ctx, deliveries, batchItemsSize)
	if err != nil {
		return nil, err
	}
	r := &round{candidates: candidates, verdicts: make([]Verdict, len(candidates)), read: time.Now()}
	p.sortOut(ctx, r)
	if err := p.commitRound(ctx, r); err != nil {
		return nil, err
	}
	if err := p.record(ctx, r); err != nil {
		return nil, err
	}
	p.count(r)
	return r.verdicts, nil
}

// sortOut decides for each candidate, and runs the kernel where that is the
// decision. Of several entries of one workitem the first runs; its change
// decides about the others.
func (p *Processor) sortOut(ctx context.Context, r *round) {
	taken := make(map[string]bool, len(r.candidates))
	began := time.Now()
	for i := range r.candidates {
		c := &r.candidates[i]
		outcome := decide(c, false)
		if outcome == proceed && (taken[c.entry.Ref] || time.Since(began) > batchBudget) {
			outcome = Later
		}
		if outcome == proceed {
			taken[c.entry.Ref] = true
			outcome = p.runInBatch(ctx, r, i)
		}
		r.verdicts[i].Outcome = outcome
		switch outcome {
		case Stale:
			r.stale = append(r.stale, outbox.Stale{ID: c.ID, Expected: c.transactionID, Found: c.foundTransactionID()})
		case Apart:
			r.apart = append(r.apart, c.ID)
		case Missing:
			r.fail(c, errMissing, missingPause)
		case Failed:
			if c.dataError != nil {
				r.fail(c, c.dataError, outbox.Pause(c.entry.Attempts+1))
			}
		case Later:
			r.verdicts[i].Again = time.Millisecond
		case Busy:
			r.verdicts[i].Again = busyPause()
		case NotDue:
			r.verdicts[i].Again = c.wait
		case Gone, Foreign, Processed, proceed:
		}
	}
}

// errMissing is the error of an entry whose workitem is gone.
var errMissing = errors.New("there is no workitem of this id")

func (p *Processor) runInBatch(ctx context.Context, r *round, i int) Outcome {
	c := &r.candidates[i]
	change, err := p.run(ctx, c, false)
	switch {
	case err == nil:
		r.changes, r.of = append(r.changes, change), append(r.of, i)
		return proceed
	case workflow.Elsewhere(err):
		return Apart
	default:
		r.fail(c, err, outbox.Pause(c.entry.Attempts+1))
		return Failed
	}
}

func (r *round) fail(c *candidate, err error, pause time.Duration) {
	r.failed = append(r.failed, outbox.Failure{ID: c.ID, Error: err.Error(), Pause: pause})
}

// commitRound commits the changes together. If a statement fails, for whatever
// one of them holds, all are handled alone.
func (p *Processor) commitRound(ctx context.Context, r *round) error {
	outcomes, err := p.commit(ctx, r.changes)
	if err != nil && (postgres.IsUnavailable(err) || postgres.IsRetryable(err) || ctx.Err() != nil) {
		return err
	}
	if err != nil {
		p.log.Warn().Err(err).Int("entries", len(r.changes)).Msg("batch rolled back, its entries are handled alone")
		for _, i := range r.of {
			r.verdicts[i].Outcome = Apart
			r.apart = append(r.apart, r.candidates[i].ID)
		}
		return nil
	}
	for n, outcome := range outcomes {
		v := &r.verdicts[r.of[n]]
		v.Outcome = outcome
		if outcome == Busy {
			v.Again = busyPause()
		}
	}
	return nil
}

// record writes down what took no effect. It comes after the commit: nothing of
// it is lost if it fails, the entries are delivered again. What another session
// has locked is busy.
func (p *Processor) record(ctx context.Context, r *round) error {
	discarded, err := outbox.DiscardStale(ctx, p.pool, r.stale)
	if err != nil {
		return err
	}
	recorded, err := p.outbox.Fail(ctx, r.failed)
	if err != nil {
		return err
	}
	if err := p.outbox.SetApart(ctx, r.apart); err != nil {
		return err
	}
	if len(r.apart) > 0 {
		p.ring()
	}
	p.metrics.discarded(len(discarded))
	written := map[Outcome]map[uuid.UUID]bool{Stale: discarded, Failed: recorded, Missing: recorded}
	for i := range r.verdicts {
		v := &r.verdicts[i]
		if ids, ok := written[v.Outcome]; ok {
			v.settleIf(ids[r.candidates[i].ID])
		}
	}
	return nil
}

// settleIf leaves a verdict as it is, or makes it busy.
func (v *Verdict) settleIf(written bool) {
	if !written {
		*v = Verdict{Outcome: Busy, Again: busyPause()}
	}
}

func (p *Processor) count(r *round) {
	p.metrics.batched(len(r.changes))
	since := time.Since(r.read)
	for i, v := range r.verdicts {
		p.metrics.Settled(v.Outcome)
		if v.Outcome == Processed {
			p.metrics.processed(since - r.candidates[i].wait)
		}
	}
	for _, f := range r.failed {
		p.log.Warn().Stringer("entry_id", f.ID).Str("error", f.Error).Dur("pause", f.Pause).
			Str("outcome", string(Failed)).Msg("async event failed")
	}
}
