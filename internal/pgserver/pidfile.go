package pgserver

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pidFile is what a server tells of itself in postmaster.pid.
type pidFile struct {
	pid   int
	port  int
	ready bool // accepts connections
}

// readPIDFile returns the server that has, or had, the directory, or false when
// there is none. A server that was killed leaves its file behind.
func (d *directory) readPIDFile() (pidFile, bool) {
	content, err := os.ReadFile(filepath.Join(d.data(), "postmaster.pid"))
	if err != nil {
		return pidFile{}, false
	}
	// Process id, data directory, start time, port, socket directory, address,
	// shared memory, status. The file grows line by line.
	lines := strings.Split(string(content), "\n")
	if len(lines) < 4 {
		return pidFile{}, false
	}
	pid, pidErr := strconv.Atoi(lines[0])
	port, portErr := strconv.Atoi(lines[3])
	ready := len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready"
	return pidFile{pid: pid, port: port, ready: ready}, pidErr == nil && portErr == nil
}
