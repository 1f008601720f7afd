// Package outbox is the transactional outbox: event log entries in Postgres,
// written in the transaction of whoever creates them, and the relay that moves
// them to a broker when they are due.
//
// # The life of an entry
//
// An entry is written by [Create], by the SQL function eventlog_create or, many
// at once, by [Insert]. It exists if and only if that transaction commits. The
// column dispatch_at says when a relay looks at it; a relay that finds the time
// come claims the entry: in one statement, committed before anything is
// published, dispatch_at becomes the end of a lease, counted from the later of
// now and due. Then the entry is published. What the broker did not take gets
// its time back at once; what nobody finishes before the lease ends is claimed
// and published again. So a relay may die or freeze at any point: it holds no
// row, and hides nothing for longer than a lease.
//
// What happens at the end is the policy of the entry's topic. An async entry is
// deleted by the worker, in the transaction of its effect: the deletion is the
// proof that the effect happens once. A copy stays, without a lease, once the
// broker has acknowledged it (published_at), until a client removes it or its
// retention ends. A handover is removed by the relay when the broker has proved,
// after a grace, that it still has the message. What is on hold is not published,
// nor, in an ordered topic, what is behind another of its ref: both are parked,
// with no dispatch_at at all, until the housekeeper of a relay or the publication
// of the one before gives them their time. Policies may change at any time; they
// are looked at when something is done.
//
// # The service
//
// Clients find, lock, extend, unlock and delete entries of all topics but
// async.event; operators cancel and fire entries of all. Each is one statement,
// in the caller's transaction if there is one, and each refusal an error that
// says why. SQL consumers have functions of the database for it (docs/sql.md).
//
// The broker may lose, repeat or delay any message. Nothing here believes it:
// the row is the truth, the message is a hint that something is due.
//
// An entry's data is opaque to this package, which knows neither BPMN nor NATS.
package outbox
