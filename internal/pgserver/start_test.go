package pgserver

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDirInUseIsRefused(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	first := mustStart(t, Options{Dir: dir})

	_, err := Start(t.Context(), Options{Dir: dir})

	require.ErrorIs(t, err, ErrDirInUse)
	require.ErrorContains(t, err, dir)
	connect(t, first) // undisturbed
}

func TestPortInUseIsRefused(t *testing.T) {
	t.Parallel()
	temp := reachable(t)
	port := takePort(t)

	_, err := Start(t.Context(), Options{TempDir: temp, Port: port})

	require.ErrorIs(t, err, ErrPortInUse)
	requireEmpty(t, temp)
}

func TestPortTakenMeanwhileIsReplaced(t *testing.T) {
	t.Parallel()
	taken := takePort(t)
	asked := 0
	on := thisMachine(Options{})
	on.freePort = func() (int, error) {
		asked++
		if asked <= 2 {
			return taken, nil
		}
		return freePort()
	}

	s, err := start(t.Context(), quick(Options{}), on)

	require.NoError(t, err)
	t.Cleanup(func() { stop(t, s) })
	require.Equal(t, 3, asked)
	connect(t, s)
}

func TestNoBinariesSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	temp := reachable(t)
	nothing := machine{places: places{path: []string{filepath.Join(temp, "missing")}}, freePort: freePort}

	_, err := start(t.Context(), Options{TempDir: temp}, nothing)

	require.ErrorIs(t, err, ErrNoBinaries)
	for _, hint := range []string{"apt install", "brew install", "winget install", "DATABASE_URL"} {
		require.ErrorContains(t, err, hint)
	}
	requireEmpty(t, temp)
}

func TestEndedContextLeavesNothing(t *testing.T) {
	t.Parallel()
	temp := reachable(t)
	ctx, cancel := context.WithCancel(t.Context())
	on := thisMachine(Options{})
	on.freePort = func() (int, error) { // after initdb, before the server
		cancel()
		return freePort()
	}

	_, err := start(ctx, Options{TempDir: temp}, on)

	require.ErrorIs(t, err, context.Canceled)
	requireEmpty(t, temp)
}

func TestInterruptedInitdbIsRepeated(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "data", "base"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "password"), []byte("old"), 0o600))

	connect(t, mustStart(t, Options{Dir: dir}))
}

func TestForeignDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	thesis := filepath.Join(dir, "thesis.txt")
	require.NoError(t, os.WriteFile(thesis, []byte("precious"), 0o600))

	_, err := Start(t.Context(), Options{Dir: dir})

	require.ErrorContains(t, err, "thesis.txt")
	require.FileExists(t, thesis)
}

func TestBadSettingQuotesTheServer(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{TempDir: MemoryDir(), Settings: map[string]string{"work_mem": "much"}})
	require.ErrorContains(t, err, `invalid value for parameter "work_mem": "much"`)
}

func TestUnreachableDirectoryIsExplained(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root has the server run as another user")
	}
	closed := t.TempDir()
	require.NoError(t, os.Chmod(closed, 0o700))

	_, err := Start(t.Context(), Options{Dir: filepath.Join(closed, "dir")})

	require.ErrorContains(t, err, "choose a directory whose parents it may enter")
}

func TestEnvironmentOfCallerDoesNotConfigureTheServer(t *testing.T) {
	t.Parallel()
	got := environment([]string{"PATH=/bin", "PGDATA=/elsewhere", "PGPORT=1", "LC_ALL=de_DE", "LANG=de", "HOME=/h"})
	require.Equal(t, "PATH=/bin HOME=/h LC_ALL=C", strings.Join(got, " "))
}

// takePort listens on a port until the end of the test.
func takePort(tb testing.TB) int {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, listener.Close()) })
	address, ok := listener.Addr().(*net.TCPAddr)
	require.True(tb, ok)
	return address.Port
}
