package asyncevent

import (
	"context"
	"errors"
	"time"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/postgres"
)

// Alone handles one delivery by itself, with the attempt counted before it is
// made: an entry that kills its process is found out. Adapters run, and scripts
// have their full time. The error is as in [Processor.Batch].
func (p *Processor) Alone(ctx context.Context, d Delivery) (Verdict, error) {
	attempt, err := p.outbox.BeginAttempt(ctx, d.ID)
	if errors.Is(err, outbox.ErrLocked) {
		p.metrics.Settled(Busy)
		return Verdict{Outcome: Busy, Again: busyPause()}, nil
	}
	if err != nil {
		return Verdict{}, err
	}
	verdict := Verdict{Outcome: Gone}
	if attempt > 0 {
		if verdict, err = p.attempt(ctx, d, attempt); err != nil {
			return Verdict{}, err
		}
	}
	p.metrics.Settled(verdict.Outcome)
	return verdict, nil
}

func (p *Processor) attempt(ctx context.Context, d Delivery, attempt int) (Verdict, error) {
	candidates, err := p.read(ctx, []Delivery{d}, aloneItemsSize)
	if err != nil {
		return Verdict{}, errors.Join(err, p.outbox.WithdrawAttempt(ctx, d.ID))
	}
	c, read := &candidates[0], time.Now()
	switch outcome := decide(c, true); outcome {
	case proceed:
	case Stale:
		stale := outbox.Stale{ID: c.ID, Expected: c.transactionID, Found: c.foundTransactionID()}
		discarded, err := outbox.DiscardStale(ctx, p.pool, []outbox.Stale{stale})
		p.metrics.discarded(len(discarded))
		verdict := Verdict{Outcome: Stale}
		verdict.settleIf(discarded[c.ID])
		return verdict, err
	case NotDue:
		return Verdict{Outcome: NotDue, Again: c.wait}, p.outbox.WithdrawAttempt(ctx, c.ID)
	case Missing:
		return p.failAlone(ctx, c, errMissing, missingPause)
	case Failed:
		return p.failAlone(ctx, c, c.dataError, outbox.Pause(attempt))
	case Apart:
		return p.failAlone(ctx, c, errTooLarge, outbox.Pause(attempt))
	case Gone, Busy, Later, Foreign, Processed:
		return Verdict{Outcome: outcome}, nil
	}

	next, err := p.run(ctx, c, true)
	switch {
	case err != nil && (postgres.IsUnavailable(err) || ctx.Err() != nil):
		return Verdict{}, errors.Join(err, p.outbox.WithdrawAttempt(ctx, c.ID))
	case err != nil:
		return p.failAlone(ctx, c, err, outbox.Pause(attempt))
	}
	outcomes, err := p.commit(ctx, []*change{next})
	if errors.Is(err, errExists) {
		outcomes, err = []Outcome{Busy}, nil // somebody else has made it since
	}
	switch {
	case err != nil && (postgres.IsUnavailable(err) || postgres.IsRetryable(err) || ctx.Err() != nil):
		return Verdict{}, errors.Join(err, p.outbox.WithdrawAttempt(ctx, c.ID))
	case err != nil:
		return p.failAlone(ctx, c, err, outbox.Pause(attempt))
	case outcomes[0] == Processed:
		p.metrics.processed(time.Since(read) - c.wait)
		return Verdict{Outcome: Processed}, nil
	case next.adapted:
		return p.failAlone(ctx, c, errOvertaken, outbox.Pause(attempt))
	default:
		return Verdict{Outcome: outcomes[0], Again: busyPause()}, p.outbox.WithdrawAttempt(ctx, c.ID)
	}
}

func (p *Processor) failAlone(ctx context.Context, c *candidate, cause error, pause time.Duration) (Verdict, error) {
	p.log.Warn().Stringer("entry_id", c.ID).Str("ref", c.entry.Ref).Err(cause).Dur("pause", pause).
		Str("outcome", string(Failed)).Msg("async event failed")
	verdict := Verdict{Outcome: Failed}
	if errors.Is(cause, errMissing) {
		verdict.Outcome = Missing
	}
	recorded, err := p.outbox.Fail(ctx, []outbox.Failure{{ID: c.ID, Error: cause.Error(), Pause: pause, Counted: true}})
	verdict.settleIf(recorded[c.ID])
	return verdict, err
}

// errOvertaken is the error of an event whose adapter has run in vain: its effect
// will be repeated, so not at once, and not unseen.
var errOvertaken = errors.New("a workitem of the processing was locked or changed after the adapter had run")

// errTooLarge is the error of a workitem that no process should read.
var errTooLarge = errors.New("the workitem's items are larger than 1 GiB")
