// Package natsserver runs a NATS server with JetStream inside this process, for
// the demo, for development and for tests. Relay, worker and API never import
// it: they connect to the server that the operator runs.
package natsserver
