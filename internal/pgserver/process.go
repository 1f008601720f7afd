package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// killDelay is how long a process may take over an immediate shutdown.
const killDelay = 5 * time.Second

// process is a child of ours that does not outlive us, as far as the operating
// system can arrange that.
type process struct {
	cmd    *exec.Cmd
	output *tail
	done   chan struct{}
	err    error // how it ended; read after done
}

// command is what to run, where, and as whom.
type command struct {
	path string
	args []string
	dir  string
	as   *account // nil means as ourselves
	log  io.Writer
}

// start runs the command. Its end is seen on done.
func (c command) start() (*process, error) {
	p := &process{output: &tail{next: c.log}, done: make(chan struct{})}
	p.cmd = exec.Command(c.path, c.args...) //nolint:gosec,noctx // the binaries we found; its life is not a context's
	p.cmd.Dir = c.dir
	p.cmd.Env = environment(os.Environ())
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.WaitDelay = killDelay
	p.cmd.SysProcAttr = attributes(c.as)

	started := make(chan error, 1)
	go func() {
		// Linux sends the parent-death signal when the *thread* that made the
		// child ends, so that thread has to stay until the child has gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, explainStart(err, c.as)
	}
	return p, nil
}

// run runs the command to its end. When ctx ends first the process is stopped.
func (c command) run(ctx context.Context) error {
	p, err := c.start()
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.kill()
		return ctx.Err()
	}
	if p.err != nil {
		return fmt.Errorf("%w\n%s", p.err, p.output)
	}
	return nil
}

// kill ends the process, with the helpers it started, and waits for that.
func (p *process) kill() {
	killGroup(p.cmd.Process)
	<-p.done
}

// explainStart says what the bare "operation not permitted" of a refused
// change of user means.
func explainStart(err error, as *account) error {
	if as != nil && errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("%w (Postgres refuses to run as root, and this environment does not let root become user %s: run as an ordinary user)", err, as.name)
	}
	return err
}

// environment removes the variables that configure Postgres programs: the
// caller's PGDATA or PGPORT mean another server.
func environment(environ []string) []string {
	kept := make([]string, 0, len(environ)+1)
	for _, entry := range environ {
		if !strings.HasPrefix(entry, "PG") && !strings.HasPrefix(entry, "LC_") && !strings.HasPrefix(entry, "LANG") {
			kept = append(kept, entry)
		}
	}
	return append(kept, "LC_ALL=C")
}
