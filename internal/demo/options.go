package demo

import (
	"errors"
	"io"

	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/process"
)

// Place are the flags of where the system runs.
type Place struct {
	DatabaseURL  string `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"Postgres server on which a database is created, and dropped at the end; what is there is not touched. Without it a private Postgres is started."`
	Data         string `name:"data" type:"path" placeholder:"DIR" help:"Where Postgres and NATS keep their data; another start continues with it. By default nothing is kept."`
	Address      string `name:"address" env:"POSTLUDE_API_ADDRESS" default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Where the workflow API listens; port 0 is a free one (default ${default})."`
	PostgresPort int    `name:"postgres-port" placeholder:"N" help:"Port of the private Postgres; a free one by default."`
	NATSPort     int    `name:"nats-port" placeholder:"N" help:"Port of NATS; a free one by default."`
	Workers      int    `name:"workers" default:"2" help:"How many workers run (default ${default})."`
	LogLevel     string `name:"log-level" env:"POSTLUDE_LOG_LEVEL" enum:"debug,info,warn,error" default:"warn" help:"Least level that the parts log on standard error: ${enum} (default ${default})."`
}

// Validate implements kong's hook.
func (p Place) Validate() error {
	switch {
	case p.Data != "" && p.DatabaseURL != "":
		return errors.New("--data starts a Postgres of its own: unset DATABASE_URL, or leave out --data")
	case p.Workers < 1:
		return errors.New("--workers must be at least 1")
	}
	return nil
}

func (p Place) log(w io.Writer) zerolog.Logger {
	l := process.Log{Level: p.LogLevel, Format: "console"}
	return l.Logger(w)
}

// Demo are the flags of the demo.
type Demo struct {
	Place
	Workitems int  `name:"workitems" default:"300" help:"How many workitems are processed (default ${default})."`
	Clients   int  `name:"clients" default:"8" help:"How many requests are under way at a time (default ${default})."`
	Keep      bool `name:"keep" help:"Leave the system running after the summary, until Ctrl-C."`
}

// Validate implements kong's hook.
func (d *Demo) Validate() error {
	if d.Workitems < 1 || d.Clients < 1 {
		return errors.New("--workitems and --clients must be at least 1")
	}
	return nil
}

// Dev are the flags of a system to develop against.
type Dev struct {
	Place
}
