// Package integration tests the system as users run it: the real programs as
// processes, real Postgres, a real nats-server, and processes that are killed.
package integration
