// Workflow-api serves workitems, models and the event log over HTTP.
package main

import (
	"io"
	"os"

	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/auth/openid"
	"github.com/postlude/postlude/internal/process"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	api := &app.API{NewTokens: openid.New}
	return process.Main(process.Program{
		Name:        "workflow-api",
		Description: "Serves workitems, models and the event log over HTTP, at the paths of Imixs' REST API. Any number may run.",
		Flags:       api,
		Log:         &api.Log,
		Run:         api.Run,
	}, args, stdout, stderr)
}
