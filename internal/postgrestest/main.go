package postgrestest

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

// shared is the server of this process. The testing package hands nothing from
// TestMain to the tests, so it has to be a variable of the package.
var shared atomic.Pointer[server] //nolint:gochecknoglobals // see above

// Main runs the tests, stops the server they used, looks for goroutines they
// left behind and ends the process. It is all that TestMain does; options go to
// goleak.
func Main(m *testing.M, options ...goleak.Option) {
	os.Exit(Run(m, options...))
}

// Run is Main for a TestMain that has something to do afterwards: it returns the
// status to exit with.
func Run(m *testing.M, options ...goleak.Option) int {
	s := new(server)
	shared.Store(s)
	code := m.Run()
	if err := s.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "postgrestest:", err)
		code = 1
	}
	if code != 0 {
		return code // a failed test is not blamed for what it left behind
	}
	if err := goleak.Find(options...); err != nil {
		fmt.Fprintln(os.Stderr, "postgrestest:", err)
		return 1
	}
	return 0
}
