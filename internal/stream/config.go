package stream

import "time"

// Config are the settings of the streams; a zero value takes its default.
type Config struct {
	// Installation is the id of the database's installation. The streams carry
	// it, and refuse to be shared with another.
	Installation string
	Names        Names
	// Lease is how long an unfinished dispatch waits for its end; a message
	// that a worker does not acknowledge within half of it is delivered again.
	Lease time.Duration
	// Replicas of the streams in a NATS cluster; 1 by default.
	Replicas int
	// NoTapStream leaves out the stream that keeps what the tap has shown. The
	// tap itself, a core subscription, works without it.
	NoTapStream bool
	// TapMaxAge and TapMaxBytes bound the tap's stream; a day and 1 GiB by
	// default.
	TapMaxAge   time.Duration
	TapMaxBytes int64
}

func (c Config) withDefaults() Config {
	if c.Lease <= 0 {
		c.Lease = time.Minute
	}
	if c.Replicas <= 0 {
		c.Replicas = 1
	}
	if c.TapMaxAge <= 0 {
		c.TapMaxAge = 24 * time.Hour
	}
	if c.TapMaxBytes <= 0 {
		c.TapMaxBytes = 1 << 30
	}
	return c
}
