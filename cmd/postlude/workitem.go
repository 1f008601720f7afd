package main

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/process"
	"github.com/postlude/postlude/internal/workitem"
)

type workitemCommand struct {
	Process workitemProcessCommand `cmd:"" help:"Process an event on a workitem, which is created if it is not stored, and print it as it then is."`
	Get     workitemGetCommand     `cmd:"" help:"Print a workitem."`
}

type workitemProcessCommand struct {
	database
	app.Kernel
	Enabled bool     `name:"asyncevent-enabled" env:"ASYNCEVENT_PROCESSOR_ENABLED" help:"Arm boundary events. Without it nothing is armed."`
	Model   string   `name:"model" placeholder:"VERSION" help:"Sets $$modelversion."`
	Task    int      `name:"task" placeholder:"N" help:"Sets $$taskid."`
	Event   int      `name:"event" placeholder:"N" help:"Sets $$eventid."`
	ID      string   `name:"id" placeholder:"UID" help:"Sets $$uniqueid."`
	Items   []string `name:"item" sep:"none" placeholder:"NAME=VALUE" help:"Sets an item; given again, the item gets more values."`
	Editor  string   `name:"editor" placeholder:"NAME" help:"Who does this, for $$editor and $$creator."`
	Input   []string `arg:"" optional:"" name:"input" help:"FILE with items as JSON, - for standard input; NAME=VALUE sets an item."`
}

// Help implements kong's interface.
func (*workitemProcessCommand) Help() string {
	return `The items of FILE come first; flags and NAME=VALUE win over them. A value that reads as a JSON number, boolean, object ` +
		`or array is one; all others are texts ('"42"' is the text 42).`
}

// Run implements the command.
func (c *workitemProcessCommand) Run(ctx context.Context, std streams) error {
	given, err := c.items(std)
	if err != nil {
		return err
	}
	pool, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	processor, err := c.processor(ctx, pool, std)
	if err != nil {
		return err
	}
	items, err := processor.Process(ctx, given, c.Editor)
	if err != nil {
		return err
	}
	return writeJSON(std.out, items)
}

// items are what the command line gives, over what the file does.
func (c *workitemProcessCommand) items(std streams) (workitem.Items, error) {
	items, assignments := workitem.Items{}, c.Items
	file := ""
	for _, input := range c.Input {
		switch {
		case isAssignment(input):
			assignments = append(assignments, input)
		case file != "":
			return nil, usage("one file at most: %s and %s", file, input)
		default:
			file = input
		}
	}
	if file != "" {
		var err error
		if items, err = readItems(file, std); err != nil {
			return nil, err
		}
	}
	if err := assign(items, assignments); err != nil {
		return nil, err
	}
	c.setKeys(items)
	return items, nil
}

func (c *workitemProcessCommand) setKeys(items workitem.Items) {
	if c.Model != "" {
		items.Set(workitem.ModelVersion, c.Model)
	}
	if c.ID != "" {
		items.Set(workitem.UniqueID, c.ID)
	}
	if c.Task != 0 {
		items.Set(workitem.TaskID, c.Task)
	}
	if c.Event != 0 {
		items.Set(workitem.EventID, c.Event)
	}
}

// processor processes as the workflow API does. It rings for the relays over
// Postgres: a single person's NOTIFY holds up nobody, and no broker is needed.
func (c *workitemProcessCommand) processor(ctx context.Context, pool *pgxpool.Pool, std streams) (*asyncevent.Processor, error) {
	kernel, err := c.New()
	if err != nil {
		return nil, err
	}
	clock, err := asyncevent.NewClock(ctx, pool)
	if err != nil {
		return nil, err
	}
	log := process.Log{Level: zerolog.LevelWarnValue, Format: "console"}
	return asyncevent.NewProcessor(asyncevent.Config{
		Pool:    pool,
		Catalog: catalog.New(pool),
		Kernel:  kernel,
		Clock:   clock,
		Enabled: c.Enabled,
		Ring:    func() { notifyRelays(ctx, pool) },
		Log:     log.Logger(std.err),
	}), nil
}

const notifySQL = `SELECT pg_notify('postlude_eventlog', '')`

// notifyRelays wakes the relays after a commit. If it fails, their poll finds
// the entries too.
func notifyRelays(ctx context.Context, pool *pgxpool.Pool) {
	_, _ = pool.Exec(ctx, notifySQL)
}

type workitemGetCommand struct {
	database
	ID string `arg:"" name:"id" help:"The $$uniqueid."`
}

// Run implements the command.
func (c *workitemGetCommand) Run(ctx context.Context, std streams) error {
	pool, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	record, err := workitem.Load(ctx, pool, c.ID)
	if err != nil {
		return err
	}
	return writeJSON(std.out, record.Items)
}
