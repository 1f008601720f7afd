package outbox

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// TopicAsync is the topic of async events, the one topic with [PolicyAsync].
const TopicAsync = "async.event"

// Policy says what happens to the entries of a topic.
type Policy string

// The policies.
const (
	// PolicyAsync entries are dispatched to workers, who remove them.
	PolicyAsync Policy = "async"
	// PolicyCopy entries are published once, when they are due, and stay until
	// a client removes them. It is the policy of a topic that has none.
	PolicyCopy Policy = "copy"
	// PolicyHandover entries are published to a stream when they are due, and
	// removed when the broker has proved, after a grace, that it still has them.
	PolicyHandover Policy = "handover"
	// PolicyHold entries are never published.
	PolicyHold Policy = "hold"
)

// Entry is an event log entry.
type Entry struct {
	ID    uuid.UUID
	Topic string
	// Ref is the id of what the entry is about, of a workitem for async
	// entries. It need not exist.
	Ref     string
	Created time.Time
	// Due is the earliest processing time, "timeout" in Imixs' terms, by the
	// clock of the database.
	Due time.Time
	// Data is a JSON text, nil if there is none.
	Data []byte
	// ArmedBy is the $transactionid of the processing that armed an async
	// entry, "" if the entry was written by somebody else.
	ArmedBy string
	// Traceparent is the W3C trace context of the creator, "" without one.
	Traceparent string
	// Attempts counts how often processing the entry was tried and failed.
	Attempts int
	// Slow says that the entry is to be handled alone.
	Slow bool
	// LastError is why the last attempt failed.
	LastError string
	// Generation counts the dispatches.
	Generation int
}

// NewEntry is an entry to be written.
type NewEntry struct {
	Topic string
	Ref   string
	// Data is a JSON text, nil for none.
	Data []byte
	// Delay counts from the moment of the insert, by the database's clock.
	Delay time.Duration
	// Due is used instead of Delay if it is not zero; it may be past.
	Due     time.Time
	ArmedBy string
	// Traceparent is a W3C trace context, "" for none.
	Traceparent string
	// IdempotencyKey, at most 255 bytes, makes [Create] return the entry that it
	// wrote under the same key within the last 24 hours; "" for none. [Insert]
	// knows no keys.
	IdempotencyKey string
}

// Limits of an entry, in bytes.
const (
	// maxData is that of the data: a message carries them.
	maxData = 512 << 10
	// maxName is that of topic and ref each: they stand in subjects, and in
	// indexes.
	maxName = 1000
)

// Check returns an [ErrInvalid] for what [Insert] must not write: no topic or
// ref, a negative delay, data that are too large, an async entry that nobody
// armed. It does not look into the data.
func (e *NewEntry) Check() error {
	switch {
	case e.Topic == "":
		return fmt.Errorf("%w: the topic is missing", ErrInvalid)
	case e.Topic == TopicAsync && e.ArmedBy == "":
		return fmt.Errorf("%w: the topic %s is for boundary events", ErrInvalid, TopicAsync)
	case e.Ref == "":
		return fmt.Errorf("%w: the ref is missing", ErrInvalid)
	case e.Delay < 0:
		return fmt.Errorf("%w: the delay %s is negative", ErrInvalid, e.Delay)
	case len(e.Topic) > maxName || len(e.Ref) > maxName:
		return fmt.Errorf("%w: topic and ref may have %d bytes", ErrInvalid, maxName)
	case len(e.Data) > maxData:
		return fmt.Errorf("%w: the data have %d bytes, %d are allowed", ErrInvalid, len(e.Data), maxData)
	}
	return nil
}
