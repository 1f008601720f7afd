package main

import (
	"context"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/postlude/postlude/internal/process"
)

const description = `Runs what happens after a commit: the async events of BPMN processes, on Postgres and NATS JetStream.

Every setting is taken from its flag, else from its environment variable, else from its default. ` +
	`The exit status is 0 after success, 1 after a failure and 2 if the command was called wrongly; errors are one line on standard error.`

// cli are the commands. Each is a struct with its flags and a Run method.
type cli struct {
	Demo     demoCommand     `cmd:"" help:"Run the whole system on example workitems and prove what it promises."`
	Dev      devCommand      `cmd:"" help:"Run the whole system in one process, to develop against."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database to the schema of this program."`
	Model    modelCommand    `cmd:"" help:"Deploy and list BPMN models."`
	Workitem workitemCommand `cmd:"" help:"Process and show workitems."`
	Eventlog eventlogCommand `cmd:"" name:"eventlog" help:"Look at the event log, cancel and fire entries."`
	Topic    topicCommand    `cmd:"" help:"Say what happens to the entries of topics."`
	Doctor   doctorCommand   `cmd:"" help:"Look whether everything is in order: database, broker, settings, topics that nobody consumes."`
	Simulate simulateCommand `cmd:"" help:"Process one event of a workitem without a database and a broker, and show what a real run would store and arm."`
	User     userCommand     `cmd:"" help:"Make users for workflow-api."`
	Version  versionCommand  `cmd:"" help:"Print the version of this program."`
}

// streams are the standard streams of a command.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run runs a command line and returns the exit status.
func run(ctx context.Context, args []string, std streams) int {
	command, status, err := parse(args, std)
	if err != nil {
		report(std.err, err)
		return process.ExitUsage
	}
	if command == nil { // after --help
		return status
	}
	command.BindTo(ctx, (*context.Context)(nil))
	err = command.Run(std)
	if err != nil {
		report(std.err, err)
	}
	return exitStatus(err)
}

// parse finds the command and fills its flags. There is no command to run after
// --help.
func parse(args []string, std streams) (command *kong.Context, status int, err error) {
	done := false
	parser, err := kong.New(new(cli),
		kong.Name("postlude"),
		kong.Description(description),
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { status, done = code, true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return nil, 0, fmt.Errorf("declare flags: %w", err)
	}
	command, err = parser.Parse(args)
	switch {
	case done:
		return nil, status, nil
	case err != nil:
		return nil, 0, fmt.Errorf("%w (see postlude --help)", err)
	}
	return command, 0, nil
}
