// Package outboxtest says what the service of the event log does, as tests that
// run against any implementation: the functions of package outbox, or a client
// that reaches them from outside.
//
//	func TestService(t *testing.T) {
//		outboxtest.Run(t, func(t *testing.T) outboxtest.Service { … })
//	}
package outboxtest
