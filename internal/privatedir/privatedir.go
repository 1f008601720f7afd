// Package privatedir makes temporary directories that do not outlive the process
// they belong to for long: what a killed process leaves is removed by the next
// one that sweeps.
//
// Whoever holds the lock in a directory owns it, and the kernel releases the lock
// when the owner dies. A process id in the name could not prove as much: ids are
// given out again, and containers that share a temporary directory do not see
// each other's.
package privatedir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// ErrInUse means that another process owns the directory.
var ErrInUse = errors.New("directory is in use")

// lockName is the file in each directory that its owner has locked.
const lockName = "lock"

// Dir is a directory that this process owns until Release or Remove.
type Dir struct {
	path string
	lock *os.File
}

// Make creates a directory in parent, or in the system's temporary directory when
// parent is empty, for nobody but us. Its name is the prefix, the process id for the person who wonders
// whose it is, and a random part.
func Make(parent, prefix string) (*Dir, error) {
	path, err := os.MkdirTemp(parent, prefix+strconv.Itoa(os.Getpid())+"-*")
	if err != nil {
		return nil, err
	}
	dir, err := Own(path)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return dir, nil
}

// Own takes a directory that exists. It returns ErrInUse when another process
// has it.
func Own(path string) (*Dir, error) {
	lock, err := lockFile(filepath.Join(path, lockName))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Dir{path: path, lock: lock}, nil
}

// Path returns where the directory is.
func (d *Dir) Path() string { return d.path }

// Release gives the directory up and leaves it where it is.
func (d *Dir) Release() error { return d.lock.Close() }

// Remove removes the directory with what is in it.
func (d *Dir) Remove() error {
	if runtime.GOOS == "windows" { // which removes no open file
		return errors.Join(d.lock.Close(), os.RemoveAll(d.path))
	}
	return errors.Join(os.RemoveAll(d.path), d.lock.Close())
}
