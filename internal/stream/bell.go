package stream

import (
	"fmt"

	"github.com/nats-io/nats.go"
)

// Bell is how a process tells the relays that it has committed entries: a core
// NATS message, since NOTIFY would serialise the commits.
type Bell struct {
	nc      *nats.Conn
	subject string
}

// NewBell returns the bell of an installation's relays.
func NewBell(nc *nats.Conn, names Names) Bell { return Bell{nc: nc, subject: names.bell()} }

// Ring tells the relays, after a commit, that there is something to dispatch. It
// does not wait, and may be lost: the relays' poll finds the entry too.
func (b Bell) Ring() { _ = b.nc.Publish(b.subject, nil) }

// Listen calls wake whenever somebody rings. The returned function ends that.
func (b Bell) Listen(wake func()) (stop func(), err error) {
	sub, err := b.nc.Subscribe(b.subject, func(*nats.Msg) { wake() })
	if err != nil {
		return nil, fmt.Errorf("listen to the bell: %w", err)
	}
	return func() { _ = sub.Unsubscribe() }, nil
}
