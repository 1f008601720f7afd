package stream

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ackWaiter waits for the acknowledgements of one stream as long as they come:
// askWait for the next, ackWait for all of them.
type ackWaiter struct {
	done   <-chan struct{}
	cancel context.CancelFunc
	timer  *time.Timer
	silent bool
}

func newAckWaiter(ctx context.Context) *ackWaiter {
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	return &ackWaiter{done: ctx.Done(), cancel: cancel, timer: time.NewTimer(askWait)}
}

func (w *ackWaiter) stop() {
	w.timer.Stop()
	w.cancel()
}

// wait returns what the broker says of a message. Once it has been silent, only
// what has come meanwhile is taken; the error of the rest is errNoAck.
func (w *ackWaiter) wait(ack jetstream.PubAckFuture) (*jetstream.PubAck, error) {
	if !w.silent {
		select {
		case stored := <-ack.Ok():
			w.timer.Reset(askWait)
			return stored, nil
		case err := <-ack.Err():
			return nil, err
		case <-w.timer.C:
		case <-w.done:
		}
		w.silent = true
	}
	select {
	case stored := <-ack.Ok():
		return stored, nil
	case err := <-ack.Err():
		return nil, err
	default:
		return nil, errNoAck
	}
}
