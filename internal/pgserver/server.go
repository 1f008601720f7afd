package pgserver

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
)

// Server is a running private Postgres server. Its methods are safe for
// concurrent use.
type Server struct {
	dir      *directory
	bin      binaries
	password string
	port     int
	process  *process

	stopOnce sync.Once
	stopErr  error
}

// URL returns the database URL of the superuser on database "postgres". It
// carries the password; the server answers on loopback only.
func (s *Server) URL() string {
	return databaseURL(s.password, s.port)
}

func databaseURL(password string, port int) string {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}
	return address.String()
}

// Port returns the port the server listens on.
func (s *Server) Port() int { return s.port }

// PID returns the process id of the server.
func (s *Server) PID() int { return s.process.cmd.Process.Pid }

// Version returns the server's major version.
func (s *Server) Version() int { return s.bin.major }

// Done is closed when the server has ended, whether or not it was stopped.
func (s *Server) Done() <-chan struct{} { return s.process.done }

// Stop ends the server and removes a private directory. Open connections are
// cut. When ctx ends before a clean shutdown the server is stopped the hard
// way, which loses no committed data. Nothing is left running when Stop
// returns; later calls return the result of the first.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() {
		s.shutDown(ctx)
		if err := s.dir.close(); err != nil {
			s.stopErr = fmt.Errorf("stop postgres: %w", err)
		}
	})
	return s.stopErr
}

// shutDown tries fast, immediate, kill, in this order. Data that is thrown away
// needs no checkpoint, so there fast is skipped.
func (s *Server) shutDown(ctx context.Context) {
	if !s.dir.private && s.ask(ctx, fast) {
		return
	}
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), killDelay)
	defer cancel()
	if !s.ask(hard, immediate) {
		s.process.kill()
	}
}

// ask requests a shutdown and reports whether the server ended before ctx did.
func (s *Server) ask(ctx context.Context, mode shutdown) bool {
	select {
	case <-s.process.done:
		return true
	default:
	}
	if err := signal(ctx, s.bin, s.PID(), mode); err != nil {
		return false
	}
	select {
	case <-s.process.done:
		return true
	case <-ctx.Done():
		return false
	}
}
