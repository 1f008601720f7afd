// Package demo runs the whole system in one process, on a Postgres and a NATS
// server of its own: to develop against, and to show that it does what it
// promises.
//
// # Where the numbers come from
//
// The demo believes no counter of the parts it runs. It asks the database, once
// nothing is left in the outbox:
//
//   - Each workitem's own history, the item $eventlog, says which events took
//     effect, in which order. Read along the model it says as well which async
//     events every step armed: each must take effect in the next step, or be
//     recorded as stale because another event came first.
//   - The table eventlog_discarded says which were.
//   - The [witness], a trigger on the table eventlog, notes for each entry when
//     it is due, when it was removed and when the transaction that removed it
//     committed, by the database's clock and in that very transaction.
//
// An entry that has neither effect nor record is lost. An effect or a record too
// many is a doubled one. Both are counted from the history and from the witness,
// and the worse count is shown. An event is early if its entry was removed before
// it was due, if its time stamp in the history says so (where that is of the same
// clock), or if it was due sooner than the model's timer says. Lateness is the
// time from when an entry was due to the commit of its effect.
//
// This holds for models like the examples: no event leads to another one at
// once, no workitem is split, and every boundary event is interrupting.
package demo
