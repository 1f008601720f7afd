package privatedir

import (
	"cmp"
	"os"
	"path/filepath"
	"time"
)

// newborn is how long a directory may exist before its owner has locked it.
const newborn = time.Minute

// Sweep removes the directories with this prefix in parent, or in the system's
// temporary directory when parent is empty, whose owners died. Before that
// it calls end, which may be nil, to stop what still runs in one; when end
// returns an error the directory stays.
//
// What belongs to another user, or cannot be removed, is left alone: a sweep
// prepares something else and is no reason for that to fail.
func Sweep(parent, prefix string, end func(path string) error) {
	paths, _ := filepath.Glob(filepath.Join(cmp.Or(parent, os.TempDir()), prefix+"*")) // the only error is a bad pattern
	for _, path := range paths {
		if dir := adopt(path); dir != nil {
			dir.discard(end)
		}
	}
}

// adopt takes a directory whose owner died, and returns nil for any other.
//
// Everybody may create names in a temporary directory. What is not a directory
// of ours is not touched, lest root be led through a link.
func adopt(path string) *Dir {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || !ownedByUs(info) {
		return nil
	}
	_, err = os.Lstat(filepath.Join(path, lockName))
	if err != nil && time.Since(info.ModTime()) < newborn {
		return nil
	}
	dir, err := Own(path)
	if err != nil {
		return nil
	}
	return dir
}

func (d *Dir) discard(end func(path string) error) {
	if end != nil {
		if err := end(d.path); err != nil {
			_ = d.Release()
			return
		}
	}
	_ = d.Remove()
}
