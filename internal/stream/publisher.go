package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/postlude/postlude/internal/outbox"
)

// publishWindow is how many messages may wait for their acknowledgement.
const publishWindow = 4096

// ackWait is how long an acknowledgement may take; the server's own time-out for
// storing a message is of this order.
const ackWait = 5 * time.Second

// Publisher is a relay's broker: it implements [outbox.Broker] over JetStream. It
// is safe for concurrent use.
type Publisher struct {
	cfg Config
	nc  *nats.Conn
	js  jetstream.JetStream

	mu    sync.Mutex
	clock brokerClock
	// destinations are the streams of handovers, by the names in policies.
	destinations map[string]*destination
}

var _ outbox.Broker = (*Publisher)(nil)

// NewPublisher sets up the streams, if they are not there, and returns a
// publisher. The error is a [*ForeignStreamError] if a stream is not ours.
func NewPublisher(ctx context.Context, nc *nats.Conn, cfg Config) (*Publisher, error) {
	js, err := asyncJetStream(nc)
	if err != nil {
		return nil, err
	}
	p := &Publisher{cfg: cfg.withDefaults(), nc: nc, js: js, destinations: map[string]*destination{}}
	err = patiently(ctx, func(ctx context.Context) error {
		if err := setup(ctx, js, p.cfg); err != nil {
			return err
		}
		_, err := p.state(ctx) // schedules need the broker's clock
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// asyncJetStream is a client with a window of its own for what is published.
func asyncJetStream(nc *nats.Conn) (jetstream.JetStream, error) {
	js, err := jetstream.New(nc,
		jetstream.WithPublishAsyncMaxPending(publishWindow),
		jetstream.WithPublishAsyncTimeout(ackWait))
	if err != nil {
		return nil, fmt.Errorf("use jetstream: %w", err)
	}
	return js, nil
}

// State implements [outbox.Broker].
func (p *Publisher) State(ctx context.Context) (outbox.BrokerState, error) {
	if !p.nc.IsConnected() {
		return outbox.BrokerState{}, nats.ErrConnectionClosed
	}
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	state, err := p.state(ctx)
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) {
		if err = setup(ctx, p.js, p.cfg); err == nil {
			state, err = p.state(ctx)
		}
	}
	return state, err
}

func (p *Publisher) state(ctx context.Context) (outbox.BrokerState, error) {
	asked := time.Now()
	stream, err := p.js.Stream(ctx, p.cfg.Names.WorkStream())
	if err != nil {
		return outbox.BrokerState{}, fmt.Errorf("ask for the work stream: %w", err)
	}
	info := stream.CachedInfo()
	if owner := info.Config.Metadata[installationKey]; owner != p.cfg.Installation {
		return outbox.BrokerState{}, &ForeignStreamError{Stream: info.Config.Name, Installation: owner}
	}
	p.setClock(info.TimeStamp, asked)
	if !p.cfg.NoTapStream { // without it copies are not taken
		if _, err := p.js.Stream(ctx, p.cfg.Names.TapStream()); err != nil {
			return outbox.BrokerState{}, fmt.Errorf("ask for the tap's stream: %w", err)
		}
	}
	due, err := p.unfinished(ctx)
	if err != nil {
		return outbox.BrokerState{}, err
	}
	all := 0
	for _, n := range due {
		all += n
	}
	return outbox.BrokerState{
		Stream:       info.Config.Name,
		Created:      info.Created.Truncate(time.Microsecond), // as precise as Postgres keeps it
		LastSequence: info.State.LastSeq,
		Due:          due,
		Armed:        max(0, int(info.State.Msgs)-all), //nolint:gosec // a count of messages fits
	}, nil
}

// unfinished counts what waits in the lanes, delivered or not.
func (p *Publisher) unfinished(ctx context.Context) (map[outbox.Lane]int, error) {
	lanes := outbox.Lanes()
	counts := make([]int, len(lanes))
	group, ctx := errgroup.WithContext(ctx)
	for i, lane := range lanes {
		group.Go(func() error {
			consumer, err := p.js.Consumer(ctx, p.cfg.Names.WorkStream(), p.cfg.Names.consumer(lane))
			if err != nil {
				return fmt.Errorf("ask for the consumer of lane %s: %w", lane, err)
			}
			info := consumer.CachedInfo()
			counts[i] = int(info.NumPending) + info.NumAckPending //nolint:gosec // a count of messages fits
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	due := make(map[outbox.Lane]int, len(lanes))
	for i, lane := range lanes {
		due[lane] = counts[i]
	}
	return due, nil
}

func (p *Publisher) setClock(broker, asked time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clock = brokerClock{broker: broker, ours: asked.Add(time.Since(asked) / 2)}
}

func (p *Publisher) getClock() brokerClock {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clock
}

// Publish implements [outbox.Broker]. With the context's end, what is not
// acknowledged yet counts as not published.
func (p *Publisher) Publish(ctx context.Context, dispatches []outbox.Dispatch) []error {
	errs := make([]error, len(dispatches))
	acks := make([]jetstream.PubAckFuture, len(dispatches))
	var unconfirmed []int // by the index of their dispatches
	clock := p.getClock()
	for i, d := range dispatches {
		msg, err := encode(&p.cfg, d, clock)
		if err != nil {
			errs[i] = err
			continue
		}
		if d.Lane == outbox.LaneCopy && p.cfg.NoTapStream {
			errs[i] = meaning(p.nc.PublishMsg(msg))
			unconfirmed = append(unconfirmed, i)
			continue
		}
		ack, err := p.js.PublishMsgAsync(msg, jetstream.WithRetryAttempts(0))
		acks[i], errs[i] = ack, meaning(err)
	}
	for i, ack := range acks {
		if ack != nil {
			errs[i] = await(ctx, ack)
		}
	}
	p.confirm(ctx, unconfirmed, errs)
	return errs
}

// confirm waits until the server has what no stream acknowledges: till then it
// may be in no place but a buffer of ours.
func (p *Publisher) confirm(ctx context.Context, unconfirmed []int, errs []error) {
	if len(unconfirmed) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	err := p.nc.FlushWithContext(ctx)
	for _, i := range unconfirmed {
		errs[i] = cmp.Or(errs[i], err)
	}
}

// await waits for what the broker says of a message.
func await(ctx context.Context, ack jetstream.PubAckFuture) error {
	select {
	case <-ack.Ok():
		return nil
	case err := <-ack.Err():
		return meaning(err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errCodeAccountResources is JSAccountResourcesExceededErr of the server, which
// the client has no name for: its code is that of a bad request.
const errCodeAccountResources jetstream.ErrorCode = 10002

// meaning translates what JetStream says of a publish.
func meaning(err error) error {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrMaxPayload), errors.Is(err, nats.ErrBadSubject):
		return fmt.Errorf("%w: %w", outbox.ErrRefused, err)
	case !errors.As(err, &api):
		return err
	case api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence,
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant:
		return outbox.ErrQueued
	case api.ErrorCode == errCodeAccountResources:
		return err // it will pass
	case api.Code == 400:
		return fmt.Errorf("%w: %w", outbox.ErrRefused, err)
	}
	return err
}
