// Package workflow is the kernel: it processes an event of a workitem, the way
// the kernel of Imixs does.
//
// [Kernel.Process] takes the items of a workitem with its $taskid and $eventid,
// follows the model from that event to the next task, through follow-up
// events, gateways, splits and other models, and returns the new items. It
// knows no database, no broker and no HTTP: loading, storing and arming the
// boundary events of the task that was reached are the caller's.
package workflow
