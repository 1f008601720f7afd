package reload_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/reload"
)

// kept is a text that is kept from a file, and what was reported about it.
type kept struct {
	*reload.Value[string]
	path    string
	loads   atomic.Int64
	cut     atomic.Int64 // loads that saw a file which was not finished
	reports atomic.Int64
	faults  atomic.Int64
}

func keep(t *testing.T) *kept {
	t.Helper()
	k := &kept{path: filepath.Join(t.TempDir(), "file")}
	k.write(t, "first")
	require.NoError(t, os.Chtimes(k.path, time.Time{}, time.Now().Add(-time.Hour)))
	value, err := reload.New(reload.Config[string]{
		Paths: []string{k.path}, Every: time.Millisecond,
		Load: func() (string, error) {
			k.loads.Add(1)
			text, err := os.ReadFile(k.path)
			if len(text) < len("first") {
				k.cut.Add(1)
			}
			if string(text) == "broken" {
				return "", errors.New("broken")
			}
			return string(text), err
		},
		Report: func(err error) {
			k.reports.Add(1)
			if err != nil {
				k.faults.Add(1)
			}
		},
	})
	require.NoError(t, err)
	k.Value = value
	return k
}

func (k *kept) write(t *testing.T, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(k.path, []byte(text), 0o600))
}

func (k *kept) requireBecomes(t *testing.T, want string) {
	t.Helper()
	require.Eventually(t, func() bool { return k.Get() == want }, 5*time.Second, time.Millisecond)
}

// requireStays asks for as long as several looks at the file take.
func (k *kept) requireStays(t *testing.T, want string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Millisecond); time.Now().Before(deadline); {
		require.Equal(t, want, k.Get())
	}
}

func TestAFileThatStaysIsReadOnce(t *testing.T) {
	t.Parallel()
	k := keep(t)
	k.requireStays(t, "first")
	require.EqualValues(t, 1, k.loads.Load())
}

func TestAChangedFileIsReadAgain(t *testing.T) {
	t.Parallel()
	k := keep(t)
	k.write(t, "second")
	k.requireBecomes(t, "second")
	k.write(t, "thirds") // as long, and perhaps within the same tick of the file system
	k.requireBecomes(t, "thirds")
}

func TestAFileThatIsReplacedIsReadAgain(t *testing.T) {
	t.Parallel()
	k := keep(t)
	info, err := os.Stat(k.path)
	require.NoError(t, err)
	other := k.path + ".new"
	require.NoError(t, os.WriteFile(other, []byte("other"), 0o600))
	require.NoError(t, os.Chtimes(other, time.Time{}, info.ModTime()))
	require.NoError(t, os.Rename(other, k.path))
	k.requireBecomes(t, "other")
}

func TestABrokenFileLeavesTheValue(t *testing.T) {
	t.Parallel()
	k := keep(t)
	k.write(t, "broken")
	require.NoError(t, os.Chtimes(k.path, time.Time{}, time.Now().Add(-time.Minute)))
	require.Eventually(t, func() bool { return k.Get() == "first" && k.faults.Load() == 1 }, 5*time.Second, time.Millisecond)
	require.NoError(t, os.Remove(k.path))
	require.Eventually(t, func() bool { return k.Get() == "first" && k.faults.Load() == 2 }, 5*time.Second, time.Millisecond)
	k.requireStays(t, "first")
	require.EqualValues(t, 2, k.reports.Load(), "told once each")
	k.write(t, "back")
	k.requireBecomes(t, "back")
}

func TestAFileIsNotReadWhileItIsWritten(t *testing.T) {
	t.Parallel()
	k := keep(t)
	for _, part := range []string{"", "sec", "seco"} {
		k.write(t, part)
		for began := time.Now(); time.Since(began) < 200*time.Millisecond; {
			require.Equal(t, "first", k.Get())
		}
	}
	k.write(t, "second")
	k.requireBecomes(t, "second")
	require.Zero(t, k.cut.Load())
	require.EqualValues(t, 1, k.reports.Load())
}

// The file that is read changes at the very moment.
func TestAFileThatChangesWhileItIsReadIsReadAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	long := time.Now().Add(-time.Hour)
	write := func(text string) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.NoError(t, os.Chtimes(path, time.Time{}, long)) // so that only its size tells
	}
	write("half")
	var loads atomic.Int64
	value, err := reload.New(reload.Config[string]{Paths: []string{path}, Load: func() (string, error) {
		text, err := os.ReadFile(path)
		if loads.Add(1) == 1 {
			write("half and half")
			return string(text), errors.New("cut")
		}
		return string(text), err
	}})
	require.NoError(t, err)
	require.Equal(t, "half and half", value.Get())
	require.EqualValues(t, 2, loads.Load())
}

func TestAFileThatIsBeingWrittenAtTheStartIsWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	written := make(chan error, 1)
	time.AfterFunc(100*time.Millisecond, func() { written <- os.WriteFile(path, []byte("whole"), 0o600) })
	value, err := reload.New(reload.Config[string]{Paths: []string{path}, Load: func() (string, error) {
		text, err := os.ReadFile(path)
		return string(text), err
	}})
	require.NoError(t, err)
	require.NoError(t, <-written)
	require.Equal(t, "whole", value.Get())
}

// The clock of a file system may be ahead of ours.
func TestAFileOfTomorrowIsRead(t *testing.T) {
	t.Parallel()
	k := keep(t)
	k.write(t, "second")
	require.NoError(t, os.Chtimes(k.path, time.Time{}, time.Now().Add(24*time.Hour)))
	k.requireBecomes(t, "second")
}

func TestAFileThatNeverRestsIsAnError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		_, err := reload.New(reload.Config[string]{Paths: []string{path}, Load: func() (string, error) {
			file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			defer file.Close()
			_, err = file.WriteString("more\n")
			return "", err
		}})
		require.ErrorContains(t, err, "change all the time")
	})
}

func TestAFileThatIsMissingAtFirstIsAnError(t *testing.T) {
	t.Parallel()
	_, err := reload.New(reload.Config[string]{Paths: []string{filepath.Join(t.TempDir(), "none")}})
	require.ErrorIs(t, err, os.ErrNotExist)
}
