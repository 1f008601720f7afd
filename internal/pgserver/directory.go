package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/postlude/postlude/internal/privatedir"
)

// privatePrefix starts the name of a private directory.
const privatePrefix = "postlude-postgres-"

// directory is the home of one server, and ours as long as it is open.
type directory struct {
	path    string
	private bool // removed when closed
	owned   *privatedir.Dir
	runAs   *account
}

func (d *directory) data() string         { return filepath.Join(d.path, "data") }
func (d *directory) passwordFile() string { return filepath.Join(d.path, "password") }

// openDirectory opens Options.Dir, making it when it is missing, or a private one
// when it is empty. It returns ErrDirInUse when another process has it.
func openDirectory(opts Options, runAs *account) (*directory, error) {
	if opts.Dir == "" {
		return openPrivate(opts.TempDir, runAs)
	}
	path, err := makeDirectory(opts.Dir, runAs)
	if err != nil {
		return nil, err
	}
	owned, err := privatedir.Own(path)
	if errors.Is(err, privatedir.ErrInUse) {
		return nil, fmt.Errorf("%s: %w", path, ErrDirInUse)
	}
	if err != nil {
		return nil, err
	}
	return &directory{path: path, owned: owned, runAs: runAs}, nil
}

func openPrivate(parent string, runAs *account) (*directory, error) {
	owned, err := privatedir.Make(parent, privatePrefix)
	if err != nil {
		return nil, err
	}
	d := &directory{path: owned.Path(), private: true, owned: owned, runAs: runAs}
	if err := os.Chmod(d.path, runAs.homeMode()); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// makeDirectory leaves one that exists as it is.
func makeDirectory(path string, runAs *account) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // the server's account has to get through
		return "", err
	}
	err = os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return path, nil
	}
	if err != nil {
		return "", err
	}
	return path, os.Chmod(path, runAs.homeMode()) // whatever the umask
}

// homeMode lets the account that runs the server reach its data, which it owns
// within a directory that stays ours.
func (a *account) homeMode() fs.FileMode {
	if a == nil {
		return 0o700
	}
	return 0o711
}

// major returns the Postgres version of the data, or 0 when there is none yet.
func (d *directory) major() int {
	content, err := os.ReadFile(filepath.Join(d.data(), "PG_VERSION"))
	if err != nil {
		return 0
	}
	major, _ := strconv.Atoi(strings.TrimSpace(string(content)))
	return major
}

// close gives the directory up, and removes a private one. The server in it must
// have ended.
func (d *directory) close() error {
	if d.private {
		return d.owned.Remove()
	}
	return d.owned.Release()
}

// sweep removes the private directories of processes that died without Stop,
// and ends the servers left in them.
func sweep(ctx context.Context, parent string) {
	privatedir.Sweep(parent, privatePrefix, func(path string) error {
		return (&directory{path: path}).stopOrphan(ctx)
	})
}
