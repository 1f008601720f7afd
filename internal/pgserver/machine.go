package pgserver

import (
	"context"
	"fmt"
	"strings"
)

// machine is what Start asks of the computer it runs on.
type machine struct {
	places   places
	fetch    func() (binaries, error) // nil refuses to download
	freePort func() (int, error)
}

func thisMachine(opts Options) machine {
	m := machine{places: usualPlaces(), freePort: freePort}
	if !opts.NoDownload {
		m.fetch = fetcher{}.fetch
	}
	return m
}

// installHint is what a person does about ErrNoBinaries.
const installHint = `install one, then try again:
  Debian, Ubuntu   apt install postgresql
  Fedora, RHEL     dnf install postgresql-server
  macOS            brew install postgresql@17, or https://postgresapp.com
  Windows          winget install PostgreSQL.PostgreSQL.17
or give the URL of a running server (DATABASE_URL)`

// binaries returns the machine's own server, or else a downloaded one. want is
// the major version of existing data, 0 for any. Without either it returns
// ErrNoBinaries with what was tried.
func (m machine) binaries(ctx context.Context, want int) (binaries, error) {
	found, passedOver := m.places.find(ctx, want)
	if found.dir != "" {
		return found, nil
	}
	var reasons strings.Builder
	for _, reason := range passedOver {
		reasons.WriteString("\n  " + reason)
	}
	if m.fetch == nil || (want != 0 && want != fetchedMajor) {
		return binaries{}, fmt.Errorf("%w: %s%s", ErrNoBinaries, installHint, reasons.String())
	}
	found, err := m.fetch()
	if err != nil {
		return binaries{}, fmt.Errorf("%w, and fetching one did not work (%w): %s%s", ErrNoBinaries, err, installHint, reasons.String())
	}
	return found, nil
}
