//go:build unix

package pgserver

import (
	"context"
	"os"
	"syscall"
)

// shutdown is how Postgres ends: the signal it is asked with.
type shutdown = syscall.Signal

const (
	fast      = syscall.SIGINT  // cut connections, write a checkpoint
	immediate = syscall.SIGQUIT // leave now, recover at the next start
)

// endOrphan asks a server that is not our child to leave now. SIGKILL would leave
// its shared memory segment behind.
func endOrphan(pid int) error {
	return syscall.Kill(pid, immediate)
}

func signal(_ context.Context, _ binaries, pid int, mode shutdown) error {
	return syscall.Kill(pid, mode)
}

// killGroup ends the child and what it started in its process group.
func killGroup(child *os.Process) {
	_ = syscall.Kill(-child.Pid, syscall.SIGKILL) // fails only when all have ended
}
