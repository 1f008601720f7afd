package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/simulate"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/simulation"
)

type simulateCommand struct {
	Models   []string   `name:"model" required:"" sep:"none" type:"existingfile" placeholder:"FILE" help:"BPMN file; can be repeated. It runs even where a deployment would be refused for a fault elsewhere in the file."`
	Plugins  string     `name:"plugins" enum:"on,off" default:"on" help:"Whether the plugins that a model names run: ${enum}."`
	Adapters string     `name:"adapters" enum:"run,stub" default:"run" help:"What signal adapters do: ${enum}. A stub does nothing; to run, an adapter must be registered."`
	Kernel   app.Kernel `embed:""`

	Timeline bool          `name:"timeline" help:"Play a whole life in virtual time and print what happens when. The flags below need it."`
	Life     timelineFlags `embed:"" group:"Timeline"`
}

type timelineFlags struct {
	Start  string   `name:"start" placeholder:"TIME" help:"When the first event is processed, as 2026-01-31T09:00:00Z; without it now."`
	Event  []string `name:"event" sep:"none" placeholder:"TIME=EVENT" help:"An event that somebody calls later, such as PT2H=20; can be repeated. TIME is an ISO 8601 duration since the start, or a time. TIME=EVENT@ID calls it on another workitem than the first."`
	Events string   `name:"events" type:"existingfile" placeholder:"FILE" help:"More such events, as a JSON array of {\"at\":\"PT2H\",\"event\":20,\"workitem\":\"workitem-2\",\"items\":{\"comment\":[\"hurry\"]}}; the last two may be missing."`
	For    string   `name:"for" placeholder:"TIME" help:"How long to play, such as P30D, or until when; without it until nothing is armed."`
	Limit  int      `name:"limit" placeholder:"N" help:"Stop after so many async events between two events; without it 10000."`
	JSON   bool     `name:"json" help:"Print a JSON object a line."`
}

// Help implements kong's interface.
func (*simulateCommand) Help() string {
	return `Reads the items of a workitem from standard input as JSON, name to list of values, for example ` +
		`{"$taskid":[100],"$eventid":[20],"amount":[50.5]}. Without a $modelversion the version of the only model given is used.

Writes one JSON object: {"workitem":{...},"splits":[...],"asyncEvents":[...]}, or {"error":{"code":"...","message":"..."}} and exits with status 1.

With --timeline it goes on: async events are processed when they are due, in virtual time, and a table says what happened. ` +
		`The exit status is 1 if an event failed. Examples:

  echo '{"$taskid":[1000],"$eventid":[10]}' > request.json

  postlude simulate --model examples/escalation.bpmn --timeline < request.json

  postlude simulate --model examples/escalation.bpmn --timeline --start 2026-01-01T09:00:00Z --event P10D=40 --json < request.json`
}

// Run implements the command.
func (c *simulateCommand) Run(ctx context.Context, std streams) error {
	if !c.Timeline && c.Life.given() {
		return usage("--start, --event, --events, --for, --limit and --json need --timeline")
	}
	kernel, err := c.Kernel.New()
	if err != nil {
		return err
	}
	var ok bool
	if c.Timeline {
		ok, err = c.play(kernel, std) //nolint:contextcheck // virtual time needs no context: its limit ends it
	} else {
		ok, err = simulate.Run(ctx, simulate.Options{
			Models: c.Models, Kernel: kernel, PluginsOff: c.Plugins == "off", StubAdapters: c.Adapters == "stub",
		}, std.in, std.out)
	}
	if err == nil && !ok {
		return errReported // the document, or the timeline, says it
	}
	return err
}

func (f *timelineFlags) given() bool {
	return f.Start != "" || len(f.Event) > 0 || f.Events != "" || f.For != "" || f.Limit != 0 || f.JSON
}

func (c *simulateCommand) play(kernel *workflow.Kernel, std streams) (bool, error) {
	if c.Life.Limit < 0 {
		return false, usage("--limit %d: a positive number is needed", c.Life.Limit)
	}
	events, err := c.Life.events(std)
	if err != nil {
		return false, err
	}
	life := simulate.Life{Options: c.options(kernel), Start: c.Life.Start, For: c.Life.For, Events: events, JSON: c.Life.JSON}
	ok, err := simulate.Play(life, std.in, std.out)
	var wrong *simulate.UsageError
	switch {
	case errors.As(err, &wrong):
		return false, usage("%s", wrong)
	case errors.Is(err, simulation.ErrLimit):
		return false, fmt.Errorf("%w; --for ends it earlier, --limit allows more", err)
	}
	return ok, err
}

// options are those of the simulation, with the settings of a kernel.
func (c *simulateCommand) options(kernel *workflow.Kernel) simulation.Options {
	o := simulation.Options{
		Models: c.Models, NoPlugins: c.Plugins == "off", StubAdapters: c.Adapters == "stub", Limit: c.Life.Limit,
		Locale: kernel.Locale, Zone: kernel.Zone, Property: kernel.Property, EventLogLimit: kernel.EventLogLimit,
	}
	if o.EventLogLimit == 0 {
		o.EventLogLimit = -1 // the kernel keeps all, and so does the simulation by this
	}
	return o
}

// events reads those of the flags and those of the file.
func (f *timelineFlags) events(std streams) ([]simulate.Event, error) {
	var events []simulate.Event
	for _, text := range f.Event {
		e, err := simulate.ParseEvent(text)
		if err != nil {
			return nil, usage("--event: %s", err)
		}
		events = append(events, e)
	}
	if f.Events == "" {
		return events, nil
	}
	data, err := readInput(f.Events, std.in)
	if err != nil {
		return nil, err
	}
	more, err := simulate.ParseEvents(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Events, err)
	}
	return append(events, more...), nil
}
