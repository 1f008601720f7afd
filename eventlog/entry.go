package eventlog

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// State says where an entry is on its way. More may come.
type State string

// The states.
const (
	// Pending entries wait in the database for their time.
	Pending State = "pending"
	// Dispatched entries are at the broker.
	Dispatched State = "dispatched"
	// Published entries were taken by the broker and stay until they are deleted.
	Published State = "published"
	// Held entries are of a topic that is never published.
	Held State = "held"
)

// Entry is an event log entry as the API shows it.
type Entry struct {
	// ID is a UUID. It is the same whenever the entry is seen again, and so the
	// idempotency key for what is done because of it.
	ID    string `json:"id"`
	Topic string `json:"topic"`
	// Ref is the id of what the entry is about, of a workitem for async events.
	Ref     string    `json:"ref"`
	Created time.Time `json:"created"`
	// Due is the earliest time that it takes effect, by the database's clock.
	Due time.Time `json:"due"`
	// Data is any JSON value, nil if there is none or if it was left out.
	Data json.RawMessage `json:"data"`
	// DataLeftOut says that the page would have become too large with the data:
	// [Client.Get] has them, and a smaller page.
	DataLeftOut bool  `json:"dataLeftOut"`
	State       State `json:"state"`
	// Attempts counts how often workers tried to process it and failed, LastError
	// says why the last time. What consumers of other topics do is not counted.
	Attempts  int    `json:"attempts"`
	LastError string `json:"lastError"`
	// LockOwner holds the entry until LockExpires; "" and zero if nobody does. It
	// is the caller's name, and behind a "/" the owner of its client.
	LockOwner   string    `json:"lockOwner"`
	LockExpires time.Time `json:"lockExpires"`
	// Published is when the broker took it, zero if it has not.
	Published time.Time `json:"published"`
	// Traceparent is the W3C trace context of its creator, "" without one.
	Traceparent string `json:"traceparent"`
	// ArmedBy is the $transactionid of the processing that armed an async event.
	ArmedBy string `json:"armedBy"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *Entry) UnmarshalJSON(text []byte) error {
	type plain Entry // without this method
	if err := json.Unmarshal(text, (*plain)(e)); err != nil {
		return err
	}
	if bytes.Equal(e.Data, []byte("null")) {
		e.Data = nil
	}
	return nil
}

// entries are a page.
type entries struct {
	Entries []Entry `json:"entries"`
}

// Lock says who holds an entry.
type Lock struct {
	ID string `json:"id"`
	// Owner is the caller's name, and behind a "/" the owner of its client.
	Owner string `json:"lockOwner"`
	// Expires is by the server's clock: do not compare it with another, but count
	// the lease from before the call.
	Expires time.Time `json:"lockExpires"`
}

// heldBy says whether a client with this owner, which nobody else has, holds the
// entry.
func (e *Entry) heldBy(owner string) bool { return strings.HasSuffix(e.LockOwner, "/"+owner) }
