package integration

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/postlude/postlude/internal/postgrestest"
)

// binaries is where the programs are, built once for all tests.
var binaries string

// TestMain runs the tests. The binary of the tests is also a racer, see
// racer_test.go, and a curl, see curl_test.go.
func TestMain(m *testing.M) {
	switch name := os.Getenv(asRacer); {
	case name != "":
		os.Exit(raceAs(name))
	case os.Getenv(asCurl) != "":
		if err := curl(os.Args[1:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "curl:", err)
			os.Exit(1)
		}
	default:
		os.Exit(run(m))
	}
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "postlude-integration-")
	if err == nil {
		defer os.RemoveAll(dir)
		binaries, err = dir, build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the programs:", err)
		return 1
	}
	return postgrestest.Run(m)
}

func build(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator), "../cmd/...")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	return build.Run()
}
