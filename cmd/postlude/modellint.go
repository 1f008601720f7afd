package main

import (
	"fmt"

	"github.com/postlude/postlude/internal/bpmn"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/process"
)

// unknownPlugins is the flag of all commands that check models.
type unknownPlugins struct {
	Ignore bool `name:"ignore-unknown-plugins" help:"Only warn of plugins and adapters that nobody has heard of. The plugins are left out; events with such an adapter fail."`
}

func (u unknownPlugins) options() catalog.Options {
	if u.Ignore {
		return catalog.Standard().IgnoringUnknown()
	}
	return catalog.Standard()
}

type modelLintCommand struct {
	unknownPlugins
	JSON   bool     `name:"json" help:"Print the problems as a JSON array."`
	Strict bool     `name:"strict" help:"Exit with status 1 for warnings too."`
	Files  []string `arg:"" name:"file" help:"BPMN files; - is standard input."`
}

// Help implements kong's interface.
func (*modelLintCommand) Help() string {
	return `Prints a line for each problem, FILE:LINE: ELEMENT: error[CODE]: MESSAGE, in the order of the file; nothing for a model without problems. ` +
		`Errors would refuse a deployment, warnings would not. docs/lint.md explains the codes. Needs no database.`
}

// Run implements the command. A file that cannot be read ends it.
func (c *modelLintCommand) Run(std streams) error {
	problems := []bpmn.Problem{}
	for _, file := range c.Files {
		source, err := readInput(file, std.in)
		if err != nil {
			return err
		}
		_, found := catalog.Lint(inputName(file), source, c.options())
		problems = append(problems, found...)
	}
	if err := c.print(problems, std); err != nil {
		return err
	}
	if catalog.HasErrors(problems) || (c.Strict && len(problems) > 0) {
		return errReported
	}
	return nil
}

func (c *modelLintCommand) print(problems []bpmn.Problem, std streams) error {
	if c.JSON {
		return writeJSON(std.out, problems)
	}
	for _, p := range problems {
		if _, err := fmt.Fprintln(std.out, process.OneLine(p.String())); err != nil {
			return err
		}
	}
	return nil
}
