package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/process"
)

type modelCommand struct {
	Deploy modelDeployCommand `cmd:"" help:"Check models and store each under the version that it names. Running workers use it at once."`
	Lint   modelLintCommand   `cmd:"" help:"Say what is wrong with models, without deploying them."`
	List   modelListCommand   `cmd:"" help:"List the deployed models."`
}

type modelDeployCommand struct {
	database
	unknownPlugins
	Files []string `arg:"" name:"file" help:"BPMN files; - is standard input."`
}

// Run implements the command. Every file is tried; the status tells whether one
// was refused.
func (c *modelDeployCommand) Run(ctx context.Context, std streams) error {
	pool, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	models := catalog.New(pool)
	refused := false
	for _, file := range c.Files {
		err := deploy(ctx, models, file, c.options(), std)
		var refusal *catalog.RefusedError
		switch {
		case errors.As(err, &refusal):
			reportRefusal(std, refusal)
			refused = true
		case err != nil:
			return err
		}
	}
	if refused {
		return errReported
	}
	return nil
}

func deploy(ctx context.Context, models *catalog.Catalog, file string, o catalog.Options, std streams) error {
	source, err := readInput(file, std.in)
	if err != nil {
		return err
	}
	deployment, err := models.Deploy(ctx, inputName(file), source, o)
	if err != nil {
		return err
	}
	for _, warning := range deployment.Warnings {
		fmt.Fprintln(std.out, process.OneLine(warning.String()))
	}
	unchanged := ""
	if !deployment.Changed {
		unchanged = " (unchanged)"
	}
	fmt.Fprintf(std.out, "%s: version %s, revision %d%s\n", inputName(file), deployment.Version, deployment.Revision, unchanged)
	return nil
}

// reportRefusal writes a line for each problem of the model.
func reportRefusal(std streams, refusal *catalog.RefusedError) {
	for _, problem := range refusal.Problems {
		fmt.Fprintf(std.err, "postlude: %s\n", process.OneLine(problem.String()))
	}
}

type modelListCommand struct {
	database
	JSON bool `name:"json" help:"Print JSON."`
}

// Run implements the command.
func (c *modelListCommand) Run(ctx context.Context, std streams) error {
	pool, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	list, err := catalog.New(pool).List(ctx, 0, 0)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(std.out, list)
	}
	t := newTable(std.out, "VERSION", "REVISION", "DEPLOYED")
	for _, d := range list {
		t.row(d.Version, strconv.FormatInt(d.Revision, 10), d.Deployed.UTC().Format(time.RFC3339))
	}
	return t.flush()
}
