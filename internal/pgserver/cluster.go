package pgserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// superuser is the role of the URL.
const superuser = "postgres"

// initialize makes the cluster if the directory has none, and returns the
// superuser's password.
func (d *directory) initialize(ctx context.Context, bin binaries) (string, error) {
	if d.major() != 0 {
		password, err := os.ReadFile(d.passwordFile())
		if err != nil {
			return "", fmt.Errorf("read the password of the existing data: %w", err)
		}
		return strings.TrimSpace(string(password)), nil
	}
	if err := d.checkEmpty(); err != nil {
		return "", err
	}
	password := rand.Text()
	if err := os.WriteFile(d.passwordFile(), []byte(password+"\n"), 0o600); err != nil {
		return "", err
	}
	if err := d.runAs.own(d.passwordFile()); err != nil {
		return "", err
	}
	return password, d.initdb(ctx, bin)
}

// checkEmpty clears away an initdb that was interrupted. It refuses a directory
// that holds anything else: a mistyped name must not mix a cluster into it.
func (d *directory) checkEmpty() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		switch entry.Name() {
		case "lock", "password", "data":
		default:
			return fmt.Errorf("%s is neither empty nor a directory of this program: it contains %s", d.path, entry.Name())
		}
	}
	return os.RemoveAll(d.data())
}

func (d *directory) initdb(ctx context.Context, bin binaries) error {
	if err := os.Mkdir(d.data(), 0o700); err != nil {
		return err
	}
	if err := d.runAs.own(d.data()); err != nil {
		return err
	}
	args := []string{
		"-D", d.data(), "-U", superuser, "-A", "scram-sha-256", "--pwfile=" + d.passwordFile(),
		"-E", "UTF8", "--locale=C", "--no-instructions",
	}
	if d.private {
		args = append(args, "--no-sync") // nobody reads it after a power failure
	}
	err := command{path: bin.program("initdb"), args: args, dir: d.data(), as: d.runAs}.run(ctx)
	if err != nil {
		return fmt.Errorf("initdb: %w%s", err, d.hint(err))
	}
	return nil
}

// hint explains the one failure that root does not expect: root may enter the
// directory, the account that runs the server in its place may not.
func (d *directory) hint(err error) string {
	if d.runAs == nil {
		return ""
	}
	if errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "Permission denied") {
		return fmt.Sprintf("\nPostgres runs as user %s in place of root, who must be able to reach %s: choose a directory whose parents it may enter",
			d.runAs.name, filepath.Clean(d.path))
	}
	return ""
}
