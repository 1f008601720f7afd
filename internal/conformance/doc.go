// Package conformance runs what was recorded of the original engine against
// ours. It consists of tests only; the recordings are no part of this module,
// the variable POSTLUDE_CONFORMANCE names their folder.
//
// A case that differs is either a fault or a rule of docs/compatibility.md. The
// tests know which, and fail as well when a case keeps to the original although
// a rule says that it does not.
package conformance
