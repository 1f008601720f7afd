// Workflow-api serves workitems, models and the event log over HTTP.
package main

import (
	"os"

	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/process"
)

func main() {
	api := new(app.API)
	os.Exit(process.Main(process.Program{
		Name:        "workflow-api",
		Description: "Serves workitems, models and the event log over HTTP, at the paths of Imixs' REST API. Any number may run.",
		Flags:       api,
		Log:         &api.Log,
		Run:         api.Run,
	}, os.Args[1:], os.Stdout, os.Stderr))
}
