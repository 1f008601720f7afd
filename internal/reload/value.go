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

// settled is how old a file has to be when it is read for its time to tell a
// later change: clocks of file systems are coarse.
const settled = 2 * time.Second

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

	mu   sync.Mutex
	seen []stamp
}

// stamp tells one version of a file from another.
type stamp struct {
	info os.FileInfo
	// fresh says that the file was so new that it may have changed again within
	// the same moment.
	fresh bool
}

// New reads the files. The error is that of reading them.
func New[T any](c Config[T]) (*Value[T], error) {
	if c.Every <= 0 {
		c.Every = defaultEvery
	}
	v := &Value[T]{config: c, start: time.Now()}
	seen, err := stamps(c.Paths)
	if err != nil {
		return nil, err
	}
	value, err := c.Load()
	if err != nil {
		return nil, err
	}
	v.seen = seen
	v.current.Store(&value)
	v.next.Store(int64(c.Every))
	return v, nil
}

// Get returns the value of the files as they are, or were at most a moment ago.
// Files that cannot be read leave the value as it was.
func (v *Value[T]) Get() T {
	if int64(time.Since(v.start)) >= v.next.Load() && v.mu.TryLock() {
		v.look()
		v.next.Store(int64(time.Since(v.start) + v.config.Every))
		v.mu.Unlock()
	}
	return *v.current.Load()
}

// look reads the files again if they have changed. The stamps are taken before
// the files are read: what changes in between is seen the next time.
func (v *Value[T]) look() {
	seen, err := stamps(v.config.Paths)
	if err != nil {
		if v.seen != nil {
			v.report(err)
		}
		v.seen = nil // told once, until the files are back
		return
	}
	changed := !slices.EqualFunc(v.seen, seen, same)
	if !changed && !slices.ContainsFunc(v.seen, func(s stamp) bool { return s.fresh }) {
		return
	}
	v.seen = seen
	value, err := v.config.Load()
	if err == nil {
		v.current.Store(&value)
	}
	if changed {
		v.report(err)
	}
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

// same compares files, not names: a link may have been turned to another one.
func same(a, b stamp) bool {
	return os.SameFile(a.info, b.info) && a.info.ModTime().Equal(b.info.ModTime()) && a.info.Size() == b.info.Size()
}
