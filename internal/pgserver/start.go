package pgserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// startTimeout bounds a start on a slow, cold machine: a first initdb was
	// seen to take seven seconds.
	startTimeout = 2 * time.Minute

	// portAttempts bounds how often a port is lost to another process.
	portAttempts = 10

	// orphanTimeout is how long the server of a killed process may take to
	// leave a directory that is started again.
	orphanTimeout = 15 * time.Second

	pollInterval = 10 * time.Millisecond
	retryPause   = 100 * time.Millisecond
)

// Start runs a server and returns when it accepts connections. ctx bounds the
// start, not the life of the server.
//
// It returns ErrNoBinaries, ErrDirInUse or ErrPortInUse, each with what to do
// about it. When it returns an error nothing is left running, and nothing on
// disk except in Options.Dir.
func Start(ctx context.Context, opts Options) (*Server, error) {
	server, err := start(ctx, opts, thisMachine(opts))
	if err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	return server, nil
}

func start(ctx context.Context, opts Options, on machine) (_ *Server, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	sweep(ctx, opts.TempDir)

	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := openDirectory(opts, as)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, dir.close())
		}
	}()
	bin, err := on.binaries(ctx, dir.major())
	if err != nil {
		return nil, err
	}
	password, err := dir.initialize(ctx, bin)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin, password: password}
	if err := s.launch(ctx, opts, on.freePort); err != nil {
		return nil, err
	}
	return s, nil
}

// launch starts the server process, again when its port was taken meanwhile or
// while the server of a killed process is still leaving the directory.
func (s *Server) launch(ctx context.Context, opts Options, freePort func() (int, error)) error {
	giveUp := time.Now().Add(orphanTimeout)
	portsLost := 0
	for {
		if err := s.choosePort(opts.Port, freePort); err != nil {
			return err
		}
		err := s.launchOnce(ctx, opts)
		switch {
		case errors.Is(err, ErrPortInUse) && opts.Port == 0 && portsLost < portAttempts:
			portsLost++
		case errors.Is(err, ErrDirInUse) && time.Now().Before(giveUp):
			if err := s.dir.stopOrphan(ctx); err != nil {
				return err
			}
			pause(ctx)
		default:
			return err
		}
	}
}

func (s *Server) choosePort(wanted int, freePort func() (int, error)) (err error) {
	s.port = wanted
	if wanted == 0 {
		s.port, err = freePort()
	}
	return err
}

func (s *Server) launchOnce(ctx context.Context, opts Options) error {
	process, err := command{
		path: s.bin.program("postgres"),
		args: opts.arguments(s.dir.data(), s.port),
		dir:  s.dir.data(),
		as:   s.dir.runAs,
		log:  opts.Log,
	}.start()
	if err != nil {
		return err
	}
	s.process = process
	if err := s.awaitReady(ctx); err != nil {
		s.shutDown(ctx)
		return err
	}
	return nil
}

// awaitReady returns when the server accepts connections.
func (s *Server) awaitReady(ctx context.Context) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		// The port alone tells nothing: another process may listen on it.
		file, found := s.dir.readPIDFile()
		if found && file.ready && file.pid == s.PID() {
			return s.ping(ctx)
		}
		select {
		case <-ticker.C:
		case <-s.process.done:
			return s.explainExit()
		case <-ctx.Done():
			return fmt.Errorf("server is not ready: %w\n%s", ctx.Err(), s.process.output)
		}
	}
}

// ping proves that the URL is good.
func (s *Server) ping(ctx context.Context) error {
	conn, err := pgconn.Connect(ctx, s.URL())
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// explainExit translates the server's last words.
func (s *Server) explainExit() error {
	words := s.process.output.String()
	switch {
	case strings.Contains(words, `lock file "postmaster.pid" already exists`):
		return fmt.Errorf("%s: %w\n%s", s.dir.path, ErrDirInUse, words)
	case strings.Contains(words, "could not create any TCP/IP sockets"):
		return fmt.Errorf("127.0.0.1:%d: %w", s.port, ErrPortInUse)
	default:
		err := fmt.Errorf("server exited: %w\n%s", s.process.err, words)
		return fmt.Errorf("%w%s", err, s.dir.hint(err))
	}
}

// pause waits a little, or until ctx ends.
func pause(ctx context.Context) {
	timer := time.NewTimer(retryPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
