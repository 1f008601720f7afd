package demo

import (
	"fmt"
	"time"
)

// account is all that Postgres says about one workitem.
type account struct {
	id string
	// acknowledged are the events that the API said it has processed, in
	// order.
	acknowledged []int
	history      []line
	// entries are what the witness saw, in the order in which they were armed.
	entries []entry
	// stale is how many records of discarded entries there are, pending how many
	// entries are still in the outbox.
	stale, pending int
}

// entry is an async entry as the witness saw it, by the database's clock.
type entry struct {
	event int
	due   time.Time
	// removed and committed are when it left the outbox, for whatever reason,
	// and when the transaction that removed it committed; zero if it is there
	// still.
	removed, committed time.Time
}

// tally is what the accounts come to.
type tally struct {
	workitems int
	// committed is how many async entries were written; processed how many
	// effects there are, stale how many records of discarded entries.
	committed, processed, stale, pending int
	lost, doubled, early                 int
	// lateness is that of every effect, from due to commit.
	lateness []time.Duration
	// findings describe each loss, double and early effect.
	findings []string
}

func (t *tally) find(a *account, format string, args ...any) {
	t.findings = append(t.findings, "workitem "+a.id+": "+fmt.Sprintf(format, args...))
}

// reading is one workitem's history read along its model.
type reading struct {
	*tally
	account *account
	model   semantics
	// oneClock says that the times of the history are by the database's clock.
	oneClock bool

	open       []expected // armed by the latest step
	armed      int        // how many events the steps have armed
	effects    int
	superseded int // events that another one came before
	strays     int // effects that nothing had armed
}

// expected is an armed event that must take effect or become stale. index is its
// place among all that the workitem armed, and so among what the witness saw.
type expected struct {
	arm
	index int
	since time.Time // when the step that armed it was processed
}

// judge adds one workitem's account to the tally.
func (t *tally) judge(a *account, model semantics, oneClock bool) {
	r := &reading{tally: t, account: a, model: model, oneClock: oneClock}
	for i := range a.history {
		r.step(&a.history[i])
	}
	t.workitems++
	t.committed += len(a.entries)
	t.processed += r.effects
	t.stale += a.stale
	t.pending += a.pending
	r.checkAcknowledged()
	r.balance()
}

// step reads one line of the history.
func (r *reading) step(l *line) {
	if r.model.fires(l.model, l.task, l.event) {
		r.effects++
		r.effect(l)
	}
	// Whatever else was armed lost its state with this step.
	r.superseded += len(r.open)
	r.open = nil
	for _, a := range r.model.arms[taskKey{l.model, l.target}] {
		r.open = append(r.open, expected{arm: a, index: r.armed, since: l.at})
		r.armed++
	}
}

// effect finds what the effect was armed by.
func (r *reading) effect(l *line) {
	for i, e := range r.open {
		if e.event == l.event {
			r.open = append(r.open[:i], r.open[i+1:]...)
			r.time(e, l)
			return
		}
	}
	r.strays++
	r.find(r.account, "event %d took effect on task %d, where nothing had armed it", l.event, l.task)
}

// time measures an effect.
func (r *reading) time(x expected, l *line) {
	if x.index >= len(r.account.entries) {
		return // the balance tells
	}
	e := &r.account.entries[x.index]
	if e.event != x.event || e.removed.IsZero() {
		return // here too
	}
	r.lateness = append(r.lateness, e.committed.Sub(e.due))
	switch {
	case e.removed.Before(e.due):
		r.find(r.account, "event %d was removed %s before it was due", x.event, e.due.Sub(e.removed))
	case r.oneClock && l.at.Before(e.due.Truncate(time.Millisecond)):
		r.find(r.account, "event %d was processed %s before it was due", x.event, e.due.Sub(l.at))
	case r.oneClock && e.due.Before(x.since.Add(x.delay)):
		r.find(r.account, "event %d was due %s sooner than its timer says", x.event, x.since.Add(x.delay).Sub(e.due))
	default:
		return
	}
	r.early++
}

// checkAcknowledged looks for what the API has said to be processed.
func (r *reading) checkAcknowledged() {
	left := map[int]int{}
	for i := range r.account.history {
		left[r.account.history[i].event]++
	}
	for _, event := range r.account.acknowledged {
		if left[event]--; left[event] < 0 {
			r.lost++
			r.find(r.account, "event %d was acknowledged and is not in the history", event)
		}
	}
}

// balance compares the fates with what was armed: by the history and by the
// witness. The worse of both counts.
func (r *reading) balance() {
	a := r.account
	fates := r.effects + a.stale + a.pending
	lost := max(0, r.superseded-a.stale) + max(0, len(r.open)-a.pending)
	lost = max(lost, len(a.entries)-fates)
	doubled := r.strays + max(0, a.stale-r.superseded) + max(0, a.pending-len(r.open))
	doubled = max(doubled, fates-len(a.entries))
	if lost > 0 || doubled > 0 {
		r.find(a, "%d armed by the model, %d entries seen; %d took effect, %d recorded as stale (%d expected), %d pending: %d lost, %d doubled",
			r.armed, len(a.entries), r.effects, a.stale, r.superseded, a.pending, lost, doubled)
	}
	r.lost += lost
	r.doubled += doubled
}
