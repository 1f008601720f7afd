// Outbox-relay moves committed event log entries from Postgres to NATS
// JetStream.
package main

import (
	"os"

	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/process"
)

func main() {
	relay := new(app.Relay)
	os.Exit(process.Main(process.Program{
		Name:        "outbox-relay",
		Description: "Moves committed event log entries from Postgres to NATS JetStream, and those that were dispatched and not finished again. Any number may run side by side.",
		Flags:       relay,
		Log:         &relay.Log,
		Run:         relay.Run,
	}, os.Args[1:], os.Stdout, os.Stderr))
}
