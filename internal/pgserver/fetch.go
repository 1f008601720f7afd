package pgserver

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"

	"github.com/postlude/postlude/internal/privatedir"
)

// fetchedVersion is the version that is downloaded where the machine has none.
const (
	fetchedVersion = embeddedpostgres.V18
	fetchedMajor   = 18
)

// fetcher downloads server binaries once and keeps them in a cache directory.
type fetcher struct {
	cache      string // empty means the user's cache directory
	repository string // empty means Maven Central
}

var errNothingArrived = errors.New("the archive holds no server")

// fetch returns the binaries, downloading them when the cache has none.
//
// The library knows no "fetch only": it goes on to run initdb. That may fail, as
// it must for root, after the binaries are in place; so what counts is whether
// they are.
func (f fetcher) fetch() (binaries, error) {
	cache, err := f.cacheDir()
	if err != nil {
		return binaries{}, err
	}
	home := filepath.Join(cache, "postgres-"+string(fetchedVersion))
	found := binaries{dir: filepath.Join(home, "bin"), major: fetchedMajor}
	if hasServer(found.dir) {
		return found, nil
	}
	port, err := freePort()
	if err != nil {
		return binaries{}, err
	}
	scratch, err := privatedir.Make("", privatePrefix)
	if err != nil {
		return binaries{}, err
	}
	defer func() { _ = scratch.Remove() }()

	defer removeNewLogs(logs())
	library := embeddedpostgres.NewDatabase(f.config(home, scratch.Path(), port))
	startErr := library.Start()
	if startErr == nil {
		startErr = library.Stop()
	}
	if !hasServer(found.dir) {
		return binaries{}, fmt.Errorf("download Postgres %s: %w", fetchedVersion, cmp.Or(startErr, errNothingArrived))
	}
	return found, nil
}

func (f fetcher) config(home, scratch string, port int) embeddedpostgres.Config {
	config := embeddedpostgres.DefaultConfig().
		Version(fetchedVersion).
		Port(uint32(port)). //nolint:gosec // a port fits
		CachePath(filepath.Join(scratch, "archive")).
		RuntimePath(filepath.Join(scratch, "run")).
		BinariesPath(home).
		Logger(io.Discard)
	if f.repository != "" {
		config = config.BinaryRepositoryURL(f.repository)
	}
	return config
}

// cacheDir must be readable for the account that runs the server in place of
// root, which root's own cache directory is not.
func (f fetcher) cacheDir() (string, error) {
	if f.cache != "" {
		return f.cache, nil
	}
	if os.Geteuid() == 0 {
		return "/var/cache/postlude", nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "postlude"), nil
}

// logs returns the files in which the library keeps its log. It offers no choice
// of the place, and leaves them there.
func logs() []string {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), "embedded_postgres_log*")) // the only error is a bad pattern
	return found
}

func removeNewLogs(before []string) {
	for _, log := range logs() {
		if !slices.Contains(before, log) {
			_ = os.Remove(log)
		}
	}
}
