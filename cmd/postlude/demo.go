package main

import (
	"context"

	"github.com/postlude/postlude/internal/demo"
)

type demoCommand struct {
	demo.Demo
}

// Help implements kong's interface.
func (*demoCommand) Help() string {
	return `Starts Postgres and NATS JetStream, a relay, two workers and the workflow API, deploys the example models, processes ` +
		`workitems over HTTP and shows the async events as they fire. The summary at the end comes from the workitems' own ` +
		`history and from Postgres. The exit status is 0 only if no event was lost, doubled or early.`
}

// Run implements the command.
func (c *demoCommand) Run(ctx context.Context, std streams) error {
	return c.Demo.Run(ctx, std.out, std.err)
}

type devCommand struct {
	demo.Dev
}

// Run implements the command.
func (c *devCommand) Run(ctx context.Context, std streams) error {
	return c.Dev.Run(ctx, std.out, std.err)
}
