// Package reload keeps what was read from files up to date with them: users,
// rules, certificates change while a program runs.
package reload

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// defaultEvery is how often files are looked at, at most.
const defaultEvery = time.Second

const (
	// settled is how old a file has to be for its time to tell a later change:
	// clocks of file systems are coarse.
	settled = 2 * time.Second
	// quiet is how long a file that is not so old has to stay as it is before it is
	// read: it may still be being written, and half of a file may well make sense.
	quiet = 500 * time.Millisecond
	// maxStart is how long New waits for files to become quiet.
	maxStart = 10 * time.Second
)

// Config says what to keep.
type Config[T any] struct {
	// Paths are the files that it comes from.
	Paths []string
	// Load reads them.
	Load func() (T, error)
	// Report is called after the files have changed, with why they could not be
	// read, or nil; it may be nil.
	Report func(err error)
	// Every is how often the files are looked at, at most; 0 means 1 s.
	Every time.Duration
}

// Value is what was read from files. It is safe for concurrent use and starts no
// goroutine: whoever asks for the value looks at the files first, if that is due.
type Value[T any] struct {
	config  Config[T]
	current atomic.Pointer[T]
	next    atomic.Int64 // when to look again, in monotonic nanoseconds since start
	start   time.Time

	mu      sync.Mutex
	seen    []stamp   // of what was read last
	waiting []stamp   // of what is looked at and not read yet
	since   time.Time // when they were seen first
}

// stamp tells one version of a file from another.
type stamp struct {
	info os.FileInfo
	// fresh says that the file was so new that it may have changed again within
	// the same moment.
	fresh bool
}

// New reads the files. Those that have just been written are waited for. The error
// is that of reading them, or says that they do not come to rest.
func New[T any](c Config[T]) (*Value[T], error) {
	if c.Every <= 0 {
		c.Every = defaultEvery
	}
	v := &Value[T]{config: c, start: time.Now()}
	for time.Since(v.start) < maxStart {
		wait, err := v.read()
		if err != nil {
			return nil, err
		}
		if wait == 0 {
			v.next.Store(int64(time.Since(v.start) + c.Every))
			return v, nil
		}
		<-time.After(wait)
	}
	return nil, fmt.Errorf("read settings: %v change all the time", c.Paths)
}

// Get returns the value of the files as they are, or were at most a moment ago.
// Files that cannot be read, or are being written, leave the value as it was.
func (v *Value[T]) Get() T {
	if int64(time.Since(v.start)) >= v.next.Load() && v.mu.TryLock() {
		wait := v.look()
		if wait == 0 {
			wait = v.config.Every
		}
		v.next.Store(int64(time.Since(v.start) + wait))
		v.mu.Unlock()
	}
	return *v.current.Load()
}

// look reads the files again if they have changed, and returns when to come back
// sooner than usual, or 0.
func (v *Value[T]) look() time.Duration {
	now, err := stamps(v.config.Paths)
	if err != nil {
		if v.seen != nil {
			v.report(err)
		}
		v.seen = nil // told once, until the files are back
		return 0
	}
	changed := !equal(v.seen, now)
	if !changed && !slices.ContainsFunc(v.seen, func(s stamp) bool { return s.fresh }) {
		return 0
	}
	wait, err := v.read()
	if changed && wait == 0 {
		v.report(err)
	}
	return wait
}

// read reads the files if they are at rest, or else returns how long to wait. What
// changes while it is read counts as not read, and so does why it could not be.
func (v *Value[T]) read() (wait time.Duration, err error) {
	before, err := stamps(v.config.Paths)
	if err != nil {
		return 0, err
	}
	if wait = v.unrest(before, time.Now()); wait > 0 {
		return wait, nil
	}
	value, err := v.config.Load()
	if !v.are(before) {
		return quiet, nil
	}
	v.seen = before
	if err == nil {
		v.current.Store(&value)
	}
	return 0, err
}

// are says whether the files are still those.
func (v *Value[T]) are(files []stamp) bool {
	now, err := stamps(v.config.Paths)
	return err == nil && equal(files, now)
}

// unrest returns how long files have still to stay as they are before they may be
// read. Their own time decides only if it is long past: it may be coarse, and that
// of another machine.
func (v *Value[T]) unrest(files []stamp, now time.Time) time.Duration {
	if !equal(v.waiting, files) {
		v.waiting, v.since = files, now
	}
	if !slices.ContainsFunc(files, func(s stamp) bool { return s.fresh }) {
		return 0
	}
	return max(quiet-now.Sub(v.since), 0)
}

func (v *Value[T]) report(err error) {
	if v.config.Report != nil {
		v.config.Report(err)
	}
}

func stamps(paths []string) ([]stamp, error) {
	now, list := time.Now(), make([]stamp, len(paths))
	for i, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("look at file: %w", err)
		}
		list[i] = stamp{info: info, fresh: now.Sub(info.ModTime()) < settled}
	}
	return list, nil
}

func equal(a, b []stamp) bool { return slices.EqualFunc(a, b, same) }

// same compares files, not names: a link may have been turned to another one.
func same(a, b stamp) bool {
	return os.SameFile(a.info, b.info) && a.info.ModTime().Equal(b.info.ModTime()) && a.info.Size() == b.info.Size()
}
