package reload_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/reload"
)

// kept is a text that is kept from a file, and what was reported about it.
type kept struct {
	*reload.Value[string]
	path    string
	loads   atomic.Int64
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

func TestAFileThatIsMissingAtFirstIsAnError(t *testing.T) {
	t.Parallel()
	_, err := reload.New(reload.Config[string]{Paths: []string{filepath.Join(t.TempDir(), "none")}})
	require.ErrorIs(t, err, os.ErrNotExist)
}
