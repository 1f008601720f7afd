// Package asyncevent knows what an async event means: a task that a workitem
// reaches arms entries for its boundary events; an entry that is due is
// verified and its target event processed.
//
// # The one transaction
//
// Kernels run optimistically, on what was read without locks. Then one short
// transaction locks the workitems, in the order of their ids, compares versions,
// deletes the entries that are due, and writes workitems and follow-on entries.
// The deletion is the proof: the effect of an entry counts only if this
// transaction deletes it, in a statement that starts after the lock is held. So
// an entry takes effect once, however often its message is delivered, and never
// before it is due by the database's clock. The same transaction serves a user's
// processing; it removes what the earlier state had armed, and records it as
// stale.
//
// A processing may process other workitems, and a user several in one transaction.
// Both go through a draft: it remembers what was read, for the transaction to
// compare, and shows to each processing what the ones before it have made. It also
// asks for each workitem whether the user may.
//
// # Which entry is current
//
// armed_by of a workitem is the $transactionid of the processing that last
// entered its state; an entry is current if and only if it carries the same.
// Every processing sets it, and so restarts the timers, but for a
// non-interrupting boundary event whose target event ends on the same task: that
// leaves armed_by, removes nothing but its own entry and arms nothing but the next
// occurrence of its own cycle.
package asyncevent
