// Package programtest runs an example as a process of its own, so that a test can
// kill it.
package programtest

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/postgrestest"
)

// variable makes the binary of the tests the program itself.
const variable = "POSTLUDE_EXAMPLE_AS_PROGRAM"

// Main is what TestMain calls: it runs the tests, or the program.
func Main(m *testing.M, main func()) {
	if os.Getenv(variable) != "" {
		main()
		return
	}
	postgrestest.Main(m)
}

// Program is a running process.
type Program struct {
	tb      testing.TB
	command *exec.Cmd
	output  output
}

// Start runs the program with environment variables, as NAME=value, and arguments,
// until Kill or Stop, or the end of the test. If the test fails, it shows what the
// program has said.
func Start(tb testing.TB, environment []string, args ...string) *Program {
	tb.Helper()
	p := &Program{tb: tb}
	p.command = exec.CommandContext(tb.Context(), os.Args[0], args...) //nolint:gosec // the binary of the tests
	p.command.Env = append([]string{variable + "=1"}, environment...)
	p.command.Stderr = &p.output
	require.NoError(tb, p.command.Start())
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("process %d said:\n%s", p.command.Process.Pid, p.Output())
		}
	})
	return p
}

// Kill ends the program as a power failure would.
func (p *Program) Kill() {
	p.tb.Helper()
	require.NoError(p.tb, p.command.Process.Kill(), p.Output())
	require.Error(p.tb, p.command.Wait())
}

// Stop asks the program to end, and returns its status.
func (p *Program) Stop() int {
	p.tb.Helper()
	require.NoError(p.tb, p.command.Process.Signal(syscall.SIGTERM), p.Output())
	return p.Wait()
}

// Wait waits for the end of the program, and returns its status.
func (p *Program) Wait() int {
	_ = p.command.Wait() // the status says it
	return p.command.ProcessState.ExitCode()
}

// Output is what the program has said.
func (p *Program) Output() string { return p.output.String() }

// output is written by a goroutine of the command.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
