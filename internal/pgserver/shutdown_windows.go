package pgserver

import (
	"context"
	"os"
	"os/exec"
	"strconv"
)

// shutdown is how Postgres ends: the signal it is asked with, which Windows
// lacks and pg_ctl imitates.
type shutdown string

const (
	fast      shutdown = "INT"  // cut connections, write a checkpoint
	immediate shutdown = "QUIT" // leave now, recover at the next start
)

// endOrphan ends a server that is not our child. Its backends notice and end,
// too.
func endOrphan(pid int) error {
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return process.Kill()
}

func signal(ctx context.Context, bin binaries, pid int, mode shutdown) error {
	return exec.CommandContext(ctx, bin.program("pg_ctl"), "kill", string(mode), strconv.Itoa(pid)).Run()
}

// killGroup ends the child. Windows knows no process groups to kill.
func killGroup(child *os.Process) {
	_ = child.Kill() // fails only when it has ended
}
