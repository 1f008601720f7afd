package pgserver

import "errors"

var (
	// ErrNoBinaries means that no Postgres server was found on this machine and
	// none could be fetched. The message says what to install.
	ErrNoBinaries = errors.New("no Postgres server found")

	// ErrDirInUse means that another process runs a server in Options.Dir.
	ErrDirInUse = errors.New("directory is in use by another Postgres server")

	// ErrPortInUse means that another process listens on Options.Port.
	ErrPortInUse = errors.New("port is in use")
)
