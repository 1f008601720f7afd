package pgserver

import "syscall"

// attributes make the child die with us and keep the terminal's Ctrl-C from it:
// the server must outlive the clients that are still draining.
func attributes(as *account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Setpgid:    true,
		Pdeathsig:  syscall.SIGQUIT, // Postgres: immediate shutdown
		Credential: as.credential(),
	}
}
