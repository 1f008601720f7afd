// Package app puts the parts together to what runs: a relay, a worker, the
// workflow API. The programs under cmd are thin around it, and postlude demo and
// dev run several of them in one process.
package app

import (
	"errors"
	"time"

	"github.com/postlude/postlude/internal/stream"
)

// Database are the flags of the database.
type Database struct {
	URL      string `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"Postgres database, as postgres://user:password@host:port/name."`
	MaxConns int32  `name:"database-connections" env:"POSTLUDE_DATABASE_CONNECTIONS" default:"16" help:"Most connections to the database."`
}

// Validate implements kong's hook.
func (d Database) Validate() error {
	if d.URL == "" {
		return errors.New("no database: set DATABASE_URL or give --database-url")
	}
	return nil
}

// NATS are the flags of the broker.
type NATS struct {
	URL         string        `name:"nats-url" env:"NATS_URL" default:"nats://127.0.0.1:4222" placeholder:"URL" help:"NATS server, or several separated by commas (default ${default})."`
	Credentials string        `name:"nats-creds" env:"NATS_CREDS" type:"path" placeholder:"FILE" help:"NATS credentials file."`
	NKey        string        `name:"nats-nkey" env:"NATS_NKEY" type:"path" placeholder:"FILE" help:"NATS nkey seed file."`
	CA          string        `name:"nats-ca" env:"NATS_CA" type:"path" placeholder:"FILE" help:"Certificates to trust (PEM)."`
	Certificate string        `name:"nats-cert" env:"NATS_CERT" type:"path" placeholder:"FILE" help:"Client certificate (PEM)."`
	Key         string        `name:"nats-key" env:"NATS_KEY" type:"path" placeholder:"FILE" help:"Client key (PEM)."`
	Prefix      string        `name:"prefix" env:"POSTLUDE_PREFIX" help:"Prefix of streams and subjects, to share a NATS account between installations."`
	Replicas    int           `name:"stream-replicas" env:"POSTLUDE_STREAM_REPLICAS" default:"1" help:"Replicas of the streams in a NATS cluster."`
	NoTapStream bool          `name:"no-tap-stream" env:"POSTLUDE_NO_TAP_STREAM" help:"Keep no stream of what the tap has shown. The tap itself works without it."`
	TapMaxAge   time.Duration `name:"tap-max-age" env:"POSTLUDE_TAP_MAX_AGE" default:"24h" help:"How long the tap's stream keeps an entry."`
	TapMaxBytes int64         `name:"tap-max-bytes" env:"POSTLUDE_TAP_MAX_BYTES" default:"1073741824" help:"How much the tap's stream keeps."`
}

// AsyncEvent are the settings of Imixs' async event processor, with its names,
// milliseconds and defaults.
type AsyncEvent struct {
	Enabled      bool  `name:"asyncevent-enabled" env:"ASYNCEVENT_PROCESSOR_ENABLED" help:"Arm boundary events and process them. Without it nothing is armed, and a worker does not start."`
	InitialDelay int64 `name:"asyncevent-initialdelay" env:"ASYNCEVENT_PROCESSOR_INITIALDELAY" default:"0" placeholder:"MS" help:"Pause before the relay's first claim, in milliseconds."`
	Interval     int64 `name:"asyncevent-interval" env:"ASYNCEVENT_PROCESSOR_INTERVAL" default:"1000" placeholder:"MS" help:"How often the relay looks at the outbox if nothing wakes it, in milliseconds."`
	Deadlock     int64 `name:"asyncevent-deadlock" env:"ASYNCEVENT_PROCESSOR_DEADLOCK" default:"60000" placeholder:"MS" help:"After how long an entry that was dispatched and is not finished is dispatched again, in milliseconds."`
}

// Validate implements kong's hook.
func (a AsyncEvent) Validate() error {
	switch {
	case a.InitialDelay < 0:
		return errors.New("ASYNCEVENT_PROCESSOR_INITIALDELAY must not be negative")
	case a.Interval < 1:
		return errors.New("ASYNCEVENT_PROCESSOR_INTERVAL must be at least 1 ms")
	case a.Deadlock < 1000:
		return errors.New("ASYNCEVENT_PROCESSOR_DEADLOCK must be at least 1000 ms")
	}
	return nil
}

func (a AsyncEvent) lease() time.Duration { return time.Duration(a.Deadlock) * time.Millisecond }

// Validate implements kong's hook.
func (n NATS) Validate() error {
	_, err := stream.NewNames(n.Prefix)
	return err
}

func (n NATS) dial(name string) stream.Dial {
	return stream.Dial{
		URL: n.URL, Name: name, Credentials: n.Credentials, NKey: n.NKey,
		CA: n.CA, Certificate: n.Certificate, Key: n.Key,
	}
}

// streams are the settings of the streams for an installation.
func (n NATS) streams(installation string, async AsyncEvent) (stream.Config, error) {
	names, err := stream.NewNames(n.Prefix)
	return stream.Config{
		Installation: installation, Names: names, Lease: async.lease(), Replicas: n.Replicas,
		NoTapStream: n.NoTapStream, TapMaxAge: n.TapMaxAge, TapMaxBytes: n.TapMaxBytes,
	}, err
}
