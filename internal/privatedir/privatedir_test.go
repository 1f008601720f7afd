package privatedir_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/privatedir"
)

const prefix = "privatedir-test-"

// ownerVariable turns this test binary into a process that owns a directory.
const ownerVariable = "PRIVATEDIR_TEST_OWNER"

func TestMain(m *testing.M) {
	if os.Getenv(ownerVariable) == "" {
		os.Exit(m.Run())
	}
	dir, err := privatedir.Make("", prefix)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(dir.Path()) //nolint:forbidigo // for the test that started us
	select {}
}

// startOwner returns a running process and its directory.
func startOwner(t *testing.T) (*exec.Cmd, string) {
	t.Helper()
	owner := exec.CommandContext(t.Context(), os.Args[0])
	owner.Env = append(os.Environ(), ownerVariable+"=yes")
	owner.Stderr = os.Stderr
	stdout, err := owner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, owner.Start())
	t.Cleanup(func() { kill(owner) })
	path, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	return owner, strings.TrimSpace(path)
}

func kill(owner *exec.Cmd) {
	_ = owner.Process.Kill() // fails when it has ended
	_ = owner.Wait()
}

func TestSweepRemovesWhatDeadOwnersLeft(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dead, left := startOwner(t)
	_, kept := startOwner(t)
	kill(dead)

	var ended []string
	privatedir.Sweep("", prefix, func(path string) error {
		ended = append(ended, path)
		return nil
	})

	require.Equal(t, []string{left}, ended)
	require.NoDirExists(t, left)
	require.DirExists(t, kept)
}

func TestSweepLeavesWhatCannotBeEnded(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dead, left := startOwner(t)
	kill(dead)

	privatedir.Sweep("", prefix, func(string) error { return errors.New("still running") })
	require.DirExists(t, left)

	privatedir.Sweep("", prefix, nil)
	require.NoDirExists(t, left)
}

func TestSweepLeavesTheNewborn(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	unlocked := filepath.Join(temp, prefix+"1-1")
	require.NoError(t, os.Mkdir(unlocked, 0o700))

	privatedir.Sweep("", prefix, nil)
	require.DirExists(t, unlocked, "its owner may be about to lock it")

	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(unlocked, old, old))
	privatedir.Sweep("", prefix, nil)
	require.NoDirExists(t, unlocked)
}

func TestSweepFollowsNoLink(t *testing.T) {
	temp, precious := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(precious, old, old))
	require.NoError(t, os.Symlink(precious, filepath.Join(temp, prefix+"1-1")))

	privatedir.Sweep("", prefix, nil)

	require.DirExists(t, precious)
	require.NoFileExists(t, filepath.Join(precious, "lock"))
}

func TestOwnIsExclusive(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	first, err := privatedir.Own(path)
	require.NoError(t, err)

	_, err = privatedir.Own(path)
	require.ErrorIs(t, err, privatedir.ErrInUse)

	require.NoError(t, first.Release())
	second, err := privatedir.Own(path)
	require.NoError(t, err)
	require.NoError(t, second.Remove())
	require.NoDirExists(t, path)
}
