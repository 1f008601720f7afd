// Package simulation plays the life of workitems in virtual time, for tests of
// your own models: no database, no broker, and a month takes milliseconds.
//
// A [Simulation] has a clock that only [Simulation.Advance] and its like move.
// [Simulation.Process] processes an event that a user, or a program, calls. What
// the boundary events of the reached task arm is pending until the clock gets
// there; then it is processed, in order of due time. The rules are those of the
// real thing, and its code: what is armed, what stays armed behind a
// non-interrupting boundary event, what becomes stale, what a cycle does next.
//
// Everything that happened stands in the [Timeline]. Nothing in it is random,
// so it can be compared with a golden file: ids are numbered, and the clock
// starts where [Options.Start] says. Conditions and business rules see that clock
// too, and their random numbers are the same in every simulation; only what they
// show as local time is that of this machine's zone.
//
// Not played: failures of services and their retries, locks, and the moments
// that a real system is late. An async event that fails is not tried again.
package simulation
