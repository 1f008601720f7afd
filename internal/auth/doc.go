// Package auth decides who calls, and what the caller may do.
//
// # Who
//
// An [Authenticator] looks at the credentials of a request: a name and a password,
// which [Passwords] compares with a file of users, or a token, which a
// [TokenVerifier] proves (package openid has one). Either way the result is an
// [Identity], a name and roles, and [Roles] make a [Caller] of it: its level is
// the highest of Imixs' five access levels among its roles, and its names, by
// which access lists may name it, are its own name and its roles.
//
// # What
//
// The decisions are pure. [Caller.MayRead] and [Caller.MayProcess] look at the
// access lists of a workitem, [Topics.May] at the rules for topics of the event
// log. They answer as Imixs does where Imixs has an answer. A Caller that nobody
// made may do nothing.
//
// # Secrets
//
// No error and no log line of this package holds a password, a hash, a token or
// what was sent instead of a name.
package auth
