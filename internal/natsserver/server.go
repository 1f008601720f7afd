package natsserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/postlude/postlude/internal/privatedir"
)

const (
	startTimeout = 30 * time.Second
	pollInterval = 20 * time.Millisecond
)

// privatePrefix starts the name of a private directory.
const privatePrefix = "postlude-nats-"

// Server is a running in-process NATS server. Its methods are safe for
// concurrent use.
type Server struct {
	server  *server.Server
	port    int
	dir     *privatedir.Dir
	private bool

	stopOnce sync.Once
	stopErr  error
}

// Start runs a server and returns when it accepts connections and JetStream is
// ready. A Dir that another process uses is refused. When Start returns an error
// nothing is left running, and nothing on disk except in Options.Dir.
func Start(opts Options) (*Server, error) {
	privatedir.Sweep("", privatePrefix, nil)
	s := &Server{private: opts.Dir == ""}
	if err := s.openDirectory(opts.Dir); err != nil {
		return nil, fmt.Errorf("start nats: %w", err)
	}
	if err := s.start(opts); err != nil {
		return nil, errors.Join(fmt.Errorf("start nats: %w", err), s.closeDirectory())
	}
	return s, nil
}

func (s *Server) openDirectory(path string) (err error) {
	if s.private {
		s.dir, err = privatedir.Make("", privatePrefix)
		return err
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	s.dir, err = privatedir.Own(path)
	return err
}

func (s *Server) closeDirectory() error {
	if s.private {
		return s.dir.Remove()
	}
	return s.dir.Release()
}

func (s *Server) start(opts Options) error {
	inner, err := server.NewServer(opts.server(s.dir.Path()))
	if err != nil {
		return err
	}
	s.server = inner
	log := newLogger(opts.Log)
	s.server.SetLoggerV2(log, false, false, false)
	s.server.Start()
	if err := s.awaitReady(log); err != nil {
		s.end()
		return err
	}
	return nil
}

func (s *Server) awaitReady(log *logger) error {
	giveUp := time.Now().Add(startTimeout)
	for !s.server.ReadyForConnections(pollInterval) {
		select {
		case text := <-log.fatal:
			return errors.New(text)
		default:
		}
		if time.Now().After(giveUp) {
			return fmt.Errorf("server is not ready after %v", startTimeout)
		}
	}
	if !s.server.JetStreamEnabled() {
		return errors.New("JetStream is not enabled")
	}
	address, ok := s.server.Addr().(*net.TCPAddr)
	if !ok {
		return fmt.Errorf("unexpected listen address %v", s.server.Addr())
	}
	s.port = address.Port
	return nil
}

// URL returns the client URL. It stays the same after Stop.
func (s *Server) URL() string {
	return "nats://127.0.0.1:" + strconv.Itoa(s.port)
}

// Port returns the port the server listens, or listened, on.
func (s *Server) Port() int { return s.port }

// Stop ends the server, waits for it and removes a private directory. Clients
// are cut. Later calls return the result of the first.
func (s *Server) Stop() error {
	s.stopOnce.Do(func() {
		s.end()
		if err := s.closeDirectory(); err != nil {
			s.stopErr = fmt.Errorf("stop nats: %w", err)
		}
	})
	return s.stopErr
}

func (s *Server) end() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}
