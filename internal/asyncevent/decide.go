package asyncevent

import (
	"time"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workitem"
)

// candidate is a delivery with what Postgres said about it in one snapshot,
// without any lock.
type candidate struct {
	Delivery
	// entry is nil if it is gone.
	entry *outbox.Entry
	// wait is how long it is until the entry is due.
	wait time.Duration
	// record is nil if there is no workitem, or if it is too large to be read
	// with others.
	record *workitem.Record
	large  bool

	// These are read from the entry's data.
	targetEvent   int
	transactionID string
	boundaryEvent string
	occurrence    bpmn.Occurrence
	// dataError is why they could not be.
	dataError error
}

// proceed is the decision to process the entry.
const proceed Outcome = ""

// decide says what is to be done with a delivery, as far as it can be seen
// without locks. What it finds gone, stale or missing stays so: an entry never
// comes back, and a $transactionid is never used twice.
func decide(c *candidate, alone bool) Outcome {
	switch {
	case c.entry == nil:
		return Gone
	case c.wait > 0:
		return NotDue
	case c.dataError != nil:
		return Failed
	case c.large:
		return Apart
	case c.record == nil:
		return Missing
	case c.transactionID != c.record.ArmedBy:
		return Stale
	case !alone && (c.Redelivered || c.entry.Slow || c.entry.Attempts > 0):
		return Apart
	default:
		return proceed
	}
}

// foundTransactionID is the workitem's, for the record of a stale entry.
func (c *candidate) foundTransactionID() string {
	return c.record.Items.Text(workitem.TransactionID)
}
