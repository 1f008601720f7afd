//go:build unix && !linux

package pgserver

import "syscall"

// attributes keep the terminal's Ctrl-C from the child: the server must outlive
// the clients that are still draining.
func attributes(as *account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: as.credential()}
}
