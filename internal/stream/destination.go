package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/postlude/postlude/internal/outbox"
)

// Pauses of destinations.
const (
	// askWait is how long a stream of handovers may be silent: other entries wait
	// meanwhile.
	askWait = time.Second
	// trustFor is how long a stream is taken to be as it was found.
	trustFor = 30 * time.Second
	// The first and the longest time for which a stream that did not answer is
	// left alone.
	firstBackOff   = time.Second
	longestBackOff = time.Minute
)

// destination is what is known of a stream of handovers. It publishes through a
// window of its own: what one stream does not acknowledge must not take the room
// of what goes elsewhere.
type destination struct {
	js     jetstream.JetStream
	health health
	config jetstream.StreamConfig
}

// health is whether a stream answers. It is a value: every change gives another.
type health struct {
	// checked is when the stream was found in order; zero: it is to be looked at.
	checked time.Time
	// fault is why it could not be used last, till when it is left alone for that,
	// and for how long. It stays in doubt until it has taken a message.
	fault error
	until time.Time
	pause time.Duration
}

func (h health) failed(now time.Time, fault error) health {
	pause := min(max(2*h.pause, firstBackOff), longestBackOff)
	return health{fault: fault, until: now.Add(pause), pause: pause}
}

func (h health) found(now time.Time) health {
	h.checked = now
	return h
}

func (h health) gone() health {
	h.checked = time.Time{}
	return h
}

func (h health) took() health { return health{checked: h.checked} }

func (h health) leftAlone(now time.Time) bool { return now.Before(h.until) }

func (h health) trusted(now time.Time) bool {
	return !h.checked.IsZero() && now.Sub(h.checked) < trustFor
}

// destination returns the stream of a policy, and makes it if it is not there.
// The error is an [outbox.ErrUnusable], at once if it was found a moment ago, or
// another if there is no connection.
func (p *Publisher) destination(ctx context.Context, name string) (destination, error) {
	d, err := p.known(name)
	if err != nil {
		return d, err
	}
	switch now := time.Now(); {
	case !p.nc.IsConnected():
		return d, nats.ErrConnectionClosed
	case d.health.leftAlone(now):
		return d, d.health.fault
	case d.health.trusted(now):
		return d, nil
	}
	config, err := p.lookAt(ctx, name)
	if err != nil {
		return d, p.failed(name, err)
	}
	return p.learn(name, func(d *destination) {
		d.config = config
		d.health = d.health.found(time.Now())
	}), nil
}

func (p *Publisher) lookAt(ctx context.Context, name string) (jetstream.StreamConfig, error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	if full := p.cfg.Names.HandoverStream(name); full == p.cfg.Names.WorkStream() || full == p.cfg.Names.TapStream() {
		return jetstream.StreamConfig{}, fmt.Errorf("the stream %s is not for handovers", full)
	}
	return makeHandovers(ctx, p.js, p.cfg, name)
}

// known returns what is known of a stream, for the first time too.
func (p *Publisher) known(name string) (destination, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.destinations[name]; d != nil {
		return *d, nil
	}
	js, err := asyncJetStream(p.nc)
	if err != nil {
		return destination{}, err
	}
	d := &destination{js: js}
	p.destinations[name] = d
	return *d, nil
}

// learn changes what is known of a stream, and returns it.
func (p *Publisher) learn(name string, change func(*destination)) destination {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.destinations[name]
	change(d)
	return *d
}

// failed notes that a stream cannot be used for a while and returns the error of
// its entries.
func (p *Publisher) failed(name string, err error) error {
	if !p.nc.IsConnected() {
		return err // the broker is away, and nothing is known of the stream
	}
	fault := unusable(err)
	p.learn(name, func(d *destination) { d.health = d.health.failed(time.Now(), fault) })
	return fault
}

func unusable(err error) error { return fmt.Errorf("%w: %w", outbox.ErrUnusable, err) }
