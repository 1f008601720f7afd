package asyncevent

import (
	"time"

	"github.com/google/uuid"
)

// Delivery is what a message says: that an entry may be due.
type Delivery struct {
	ID uuid.UUID
	// Redelivered says that it was delivered before, to somebody who did not
	// acknowledge it.
	Redelivered bool
}

// Outcome is what became of a delivery. Its text is the label of the metric and
// the field of the log.
type Outcome string

// The outcomes.
const (
	// Processed: the effect has committed, and the entry is gone with it.
	Processed Outcome = "processed"
	// Stale: the workitem has been processed since the entry was armed; the
	// entry is discarded and recorded.
	Stale Outcome = "stale"
	// Busy: somebody else has locked the entry or the workitem, or changed it
	// just now; the delivery is to be handled again after a short pause.
	Busy Outcome = "busy"
	// Gone: there is no such entry any more. Its effect has happened, or it was
	// discarded.
	Gone Outcome = "gone"
	// Missing: there is no workitem for the entry. It counts as a failed
	// attempt.
	Missing Outcome = "missing"
	// NotDue: it is too early by the database's clock; the delivery is to be
	// handled again when it is due.
	NotDue Outcome = "not_due"
	// Failed: processing failed; the error is recorded with the entry, which is
	// dispatched again after a pause.
	Failed Outcome = "failed"
	// Apart: the entry is dispatched again, to be handled alone, because it ran
	// long, was delivered before, or has a large workitem.
	Apart Outcome = "apart"
	// Later: the batch has run long enough, or holds another entry of the same
	// workitem; the delivery is to be handled again at once.
	Later Outcome = "later"
	// Foreign: the message is not of this installation.
	Foreign Outcome = "foreign"
)

// Verdict is what a handler says of a delivery.
type Verdict struct {
	Outcome Outcome
	// Again is the pause after which the delivery is to be handled again; it is
	// zero if the delivery is finished.
	Again time.Duration
}
