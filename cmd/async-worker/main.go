// Async-worker processes the async events that are due.
package main

import (
	"os"

	"github.com/postlude/postlude/internal/app"
	"github.com/postlude/postlude/internal/process"
)

func main() {
	worker := new(app.Worker)
	os.Exit(process.Main(process.Program{
		Name:        "async-worker",
		Description: "Processes the async events that are due: verifies each against its workitem and processes the target event, once. Add workers to go faster.",
		Flags:       worker,
		Log:         &worker.Log,
		Run:         worker.Run,
	}, os.Args[1:], os.Stdout, os.Stderr))
}
