//go:build !linux

package pgserver

// MemoryDir returns a directory that is kept in memory and has room for a test's
// server, or "" when this machine has none.
func MemoryDir() string { return "" }
