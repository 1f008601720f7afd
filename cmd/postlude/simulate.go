package main

import (
	"context"

	"github.com/postlude/postlude/internal/simulate"
)

type simulateCommand struct {
	Models   []string `name:"model" required:"" sep:"none" type:"existingfile" placeholder:"FILE" help:"BPMN file; can be repeated. It runs even where a deployment would be refused for a fault elsewhere in the file."`
	Plugins  string   `name:"plugins" enum:"on,off" default:"on" help:"Whether the plugins that a model names run: ${enum}."`
	Adapters string   `name:"adapters" enum:"run,stub" default:"run" help:"What signal adapters do: ${enum}. A stub does nothing; to run, an adapter must be registered."`
}

// Help implements kong's interface.
func (*simulateCommand) Help() string {
	return `Reads the items of a workitem from standard input as JSON, name to list of values, for example ` +
		`{"$taskid":[100],"$eventid":[20],"amount":[50.5]}. Without a $modelversion the version of the only model given is used.

Writes one JSON object: {"workitem":{...},"splits":[...],"asyncEvents":[...]}, or {"error":{"code":"...","message":"..."}} and exits with status 1.`
}

// Run implements the command.
func (c *simulateCommand) Run(ctx context.Context, std streams) error {
	ok, err := simulate.Run(ctx, simulate.Options{
		Models:       c.Models,
		PluginsOff:   c.Plugins == "off",
		StubAdapters: c.Adapters == "stub",
	}, std.in, std.out)
	if err == nil && !ok {
		return errReported // the document says it
	}
	return err
}
