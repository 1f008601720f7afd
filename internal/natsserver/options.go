package natsserver

import (
	"io"

	"github.com/nats-io/nats-server/v2/server"
)

// Options say where and how the server runs. The zero value is a server in a
// private temporary directory on a free port.
type Options struct {
	// Dir keeps the streams for the next Start with the same Dir. It is created
	// when missing. Empty means a private temporary directory that Stop removes.
	Dir string

	// Port on 127.0.0.1. Zero picks a free one.
	Port int

	// Log receives the server's log, one line per Write. Nil discards it.
	Log io.Writer

	// SyncAlways makes the server answer a publish only when it is on disk. By
	// default it syncs every two minutes, as an operator's server does.
	SyncAlways bool
}

func (o Options) server(dir string) *server.Options {
	port := o.Port
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return &server.Options{
		ServerName: "postlude",
		Host:       "127.0.0.1",
		Port:       port,
		JetStream:  true,
		StoreDir:   dir,
		SyncAlways: o.SyncAlways,
		// Signals are the program's business, and so is the standard error.
		NoSigs: true,
		NoLog:  true,
	}
}
