package pgserver

import "syscall"

const (
	memoryDir  = "/dev/shm"
	memoryRoom = 1 << 30
)

// MemoryDir returns a directory that is kept in memory and has room for a test's
// server, or "" when this machine has none. Where files are on a disk, deleting
// a test's database can delay the next one by a quarter of a second.
func MemoryDir() string {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(memoryDir, &stat); err != nil {
		return ""
	}
	// A container has 64 MiB there unless told otherwise.
	if stat.Bavail*uint64(stat.Bsize) < memoryRoom { //nolint:gosec // a block size is positive
		return ""
	}
	return memoryDir
}
