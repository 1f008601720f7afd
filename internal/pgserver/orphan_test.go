package pgserver

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// ownerVariable turns this test binary into a process that owns a server with
// these options, in JSON.
const ownerVariable = "PGSERVER_TEST_OWNER"

// owned is what such a process tells about its server.
type owned struct {
	URL string
	PID int
	Dir string
}

// ownServer starts a server, prints it and waits to be killed. It returns when
// the start did not work.
func ownServer() {
	var opts Options
	if err := json.Unmarshal([]byte(os.Getenv(ownerVariable)), &opts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	s, err := Start(context.Background(), opts)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	if err := json.NewEncoder(os.Stdout).Encode(owned{URL: s.URL(), PID: s.PID(), Dir: s.dir.path}); err != nil {
		return
	}
	select {}
}

// killOwner starts a process with a server, kills it and returns what it had.
func killOwner(t *testing.T, opts Options) owned {
	t.Helper()
	text, err := json.Marshal(quick(opts))
	require.NoError(t, err)
	owner := exec.CommandContext(t.Context(), os.Args[0])
	owner.Env = append(os.Environ(), ownerVariable+"="+string(text))
	owner.Stderr = os.Stderr
	stdout, err := owner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, owner.Start())

	var left owned
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(line, &left))
	require.True(t, alive(left.PID))

	require.NoError(t, owner.Process.Kill())
	_ = owner.Wait() // "killed"
	return left
}

func TestServerDiesWithItsParent(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere the next start ends the server, see TestNextStartSweeps")
	}
	temp := reachable(t)

	left := killOwner(t, Options{TempDir: temp})

	requireGone(t, left.PID)
	require.DirExists(t, left.Dir)
	s := mustStart(t, Options{TempDir: temp})
	require.NoDirExists(t, left.Dir, "the next start sweeps")
	stop(t, s)
	requireEmpty(t, temp)
}

func TestDirOfKilledParentCanBeStartedAtOnce(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	left := killOwner(t, Options{Dir: dir})

	s := mustStart(t, Options{Dir: dir})

	requireGone(t, left.PID)
	connect(t, s)
}

// abandon gives the directory up while the server runs, as on systems that do
// not end it with its parent.
func abandon(t *testing.T, s *Server) {
	t.Helper()
	require.NoError(t, s.dir.owned.Release())
}

func TestNextStartSweeps(t *testing.T) {
	t.Parallel()
	temp := reachable(t)
	orphan, err := Start(t.Context(), quick(Options{TempDir: temp}))
	require.NoError(t, err)
	abandon(t, orphan)
	living := mustStart(t, Options{TempDir: temp})

	<-orphan.Done()
	require.NoDirExists(t, orphan.dir.path)

	mustStart(t, Options{TempDir: temp})
	connect(t, living) // a sweep leaves it alone
}

func TestNextStartEndsServerLeftInDir(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	orphan, err := Start(t.Context(), quick(Options{Dir: dir}))
	require.NoError(t, err)
	abandon(t, orphan)

	s := mustStart(t, Options{Dir: dir})

	<-orphan.Done()
	connect(t, s)
}

func TestServerStartedByHandIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	s := mustStart(t, Options{Dir: dir})
	stop(t, s)
	byHand := startByHand(t, s)

	_, err := Start(t.Context(), Options{Dir: dir})

	require.ErrorIs(t, err, ErrDirInUse)
	require.ErrorContains(t, err, fmt.Sprintf("process %d", byHand.PID()))
	connect(t, byHand)
}

// startByHand runs a server on the data of a stopped one, as pg_ctl would.
func startByHand(t *testing.T, stopped *Server) *Server {
	t.Helper()
	process, err := command{
		path: stopped.bin.program("postgres"),
		args: []string{
			"-D", stopped.dir.data(), "-c", fmt.Sprintf("port=%d", stopped.port),
			"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		},
		dir: stopped.dir.data(),
		as:  stopped.dir.runAs,
	}.start()
	require.NoError(t, err)
	s := &Server{dir: stopped.dir, bin: stopped.bin, password: stopped.password, port: stopped.port, process: process}
	require.NoError(t, s.awaitReady(t.Context()))
	t.Cleanup(func() { s.shutDown(context.Background()) })
	return s
}

func TestStaleProcessIDIsNotTakenForAServer(t *testing.T) {
	t.Parallel()
	port, err := freePort()
	require.NoError(t, err)
	dir := &directory{path: t.TempDir()}
	require.NoError(t, os.Mkdir(dir.data(), 0o700))
	// This process has the id that the server of the directory once had.
	content := fmt.Sprintf("%d\n%s\n0\n%d\n", os.Getpid(), dir.data(), port)
	require.NoError(t, os.WriteFile(filepath.Join(dir.data(), "postmaster.pid"), []byte(content), 0o600))

	require.NoError(t, dir.stopOrphan(t.Context()))
}
