// Package natstest gives a test a NATS server with JetStream of its own.
package natstest

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/natsserver"
)

// Server is an in-process server that can be taken away and brought back on the
// same port. Its methods fail the test on an error and are to be called from the
// test's goroutine.
type Server struct {
	tb     testing.TB
	dir    string
	url    string
	port   int
	server *natsserver.Server // nil while stopped
}

// New starts a server on a port and in a directory of its own. The end of the
// test stops it and removes the directory.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{tb: tb, dir: tb.TempDir()}
	s.Start()
	tb.Cleanup(s.Stop)
	return s
}

// URL returns the client URL, the same before and after a restart.
func (s *Server) URL() string { return s.url }

// Start brings a stopped server back with its streams. It does nothing while the
// server runs.
func (s *Server) Start() {
	s.tb.Helper()
	if s.server != nil {
		return
	}
	server, err := natsserver.Start(natsserver.Options{Dir: s.dir, Port: s.port})
	require.NoError(s.tb, err)
	s.server, s.port, s.url = server, server.Port(), server.URL()
}

// Stop takes the server away. Its streams stay on disk. It does nothing while
// the server is stopped.
func (s *Server) Stop() {
	s.tb.Helper()
	if s.server == nil {
		return
	}
	require.NoError(s.tb, s.server.Stop())
	s.server = nil
}

// Restart is Stop and Start: clients are cut, streams survive.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	s.Start()
}

// Wipe is a Restart that loses everything: streams, consumers and messages.
func (s *Server) Wipe() {
	s.tb.Helper()
	s.Stop()
	require.NoError(s.tb, os.RemoveAll(s.dir))
	s.Start()
}
