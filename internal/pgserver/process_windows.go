package pgserver

import "syscall"

// attributes keep the console's Ctrl-C from the child: the server must outlive
// the clients that are still draining.
func attributes(*account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
