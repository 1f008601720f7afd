//go:build unix

package pgserver

import "syscall"

// alive reports whether the process exists. A zombie does.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }
