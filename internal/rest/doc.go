// Package rest is the workflow API over HTTP: workitems, models and the event
// log, at the paths of Imixs' REST API. docs/api.md is its description for
// clients.
//
// # A request's way
//
// Every request passes the guards (see guard.go) and then its handler, which
// either answers or returns an error. What an error means for the client is
// decided in one place, [problemOf]; what is not known there is the server's
// fault, is logged, and is answered with 500 and nothing of its text. So a
// handler neither logs nor chooses a status.
//
// Answers are complete before their first byte is written: an error can always
// still become one.
//
// # Who calls
//
// Every request but those for health, metrics and the description of the API has a caller (see security.go and
// package auth), who is in its context. Without authentication everybody is the
// same caller, who may do everything; then the guards keep web pages out, which a
// browser would let speak to an address of the machine it runs on.
package rest
