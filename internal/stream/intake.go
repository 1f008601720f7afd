package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/outbox"
)

// intake fetches a lane's messages from the broker. It survives whatever happens
// to the connection, the stream and the consumer: it sets up again what is
// missing.
type intake struct {
	cfg    Config
	js     jetstream.JetStream
	lane   outbox.Lane
	window int // messages fetched ahead
	// silence is after how long without a message the consumer is asked whether
	// it has any: a pull can die without a sign.
	silence time.Duration
	// until says how long it is until a point in time on the database's clock.
	until   func(time.Time) time.Duration
	metrics *asyncevent.Metrics
	log     zerolog.Logger
}

// Pull requests end after pullExpiry and are renewed; a broker that is silent
// for two heartbeats has lost ours.
const (
	pullExpiry    = 10 * time.Second
	pullHeartbeat = 2 * time.Second
	// defaultSilence is the silence of an intake.
	defaultSilence = 15 * time.Second
)

// errSilent says that a consumer has messages and does not deliver them.
var errSilent = errors.New("the consumer has messages and delivers none")

// run fetches until the context ends, then hands over what has been fetched and
// closes out.
func (in *intake) run(ctx context.Context, out chan<- *message) {
	defer close(out)
	logged := false
	for ctx.Err() == nil {
		got, err := in.fetch(ctx, out)
		if ctx.Err() != nil {
			return
		}
		if got {
			logged = false
		}
		if !logged {
			in.log.Warn().Err(err).Str("lane", string(in.lane)).Msg("fetching interrupted")
			logged = true
		}
		pause(ctx, 200*time.Millisecond)
	}
}

// fetch hands over messages until something breaks, or the context ends. It
// reports whether there was any.
func (in *intake) fetch(ctx context.Context, out chan<- *message) (got bool, err error) {
	consumer, err := in.consumer(ctx)
	if err != nil {
		return false, err
	}
	messages, err := consumer.Messages(
		jetstream.PullMaxMessages(in.window),
		jetstream.PullExpiry(pullExpiry),
		jetstream.PullHeartbeat(pullHeartbeat),
	)
	if err != nil {
		return false, fmt.Errorf("fetch from lane %s: %w", in.lane, err)
	}
	defer messages.Stop()
	stop := context.AfterFunc(ctx, func() { in.end(messages) })
	defer stop()
	for {
		msg, err := messages.Next(jetstream.NextMaxWait(in.silence))
		switch {
		case err == nil:
			got = true
			in.take(msg, out)
		case errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return got, err
		case errors.Is(err, nats.ErrTimeout):
			if err := in.check(ctx, consumer); err != nil {
				return got, err
			}
		default:
			return got, fmt.Errorf("fetch from lane %s: %w", in.lane, err)
		}
	}
}

// end stops fetching: what the broker has sent is still handed over, unless the
// connection is gone, and with it whatever was on the way.
func (in *intake) end(messages jetstream.MessagesContext) {
	if !in.js.Conn().IsConnected() {
		messages.Stop()
		return
	}
	messages.Drain()
	time.AfterFunc(drainTimeout, messages.Stop)
}

// drainTimeout bounds the wait for messages on the way.
const drainTimeout = time.Second

// consumer finds the lane's consumer, and sets it up if it is gone.
func (in *intake) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	consumer, err := in.js.Consumer(ctx, in.cfg.Names.WorkStream(), in.cfg.Names.consumer(in.lane))
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) {
		if err = setup(ctx, in.js, in.cfg); err == nil {
			consumer, err = in.js.Consumer(ctx, in.cfg.Names.WorkStream(), in.cfg.Names.consumer(in.lane))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("find the consumer of lane %s: %w", in.lane, err)
	}
	return consumer, nil
}

func (in *intake) check(ctx context.Context, consumer jetstream.Consumer) error {
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	info, err := consumer.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask for the consumer of lane %s: %w", in.lane, err)
	}
	if info.NumPending > 0 {
		return errSilent
	}
	return nil
}

// take hands a message over; one that is not ours is refused for good.
func (in *intake) take(msg jetstream.Msg, out chan<- *message) {
	m, err := in.read(msg)
	if err != nil {
		in.metrics.Settled(asyncevent.Foreign)
		in.log.Warn().Err(err).Str("subject", msg.Subject()).Str("outcome", string(asyncevent.Foreign)).Msg("message refused")
		_ = msg.TermWithReason(string(asyncevent.Foreign))
		return
	}
	out <- m
}

// errForeign says that a message is not of this installation.
var errForeign = errors.New("the message is not of this installation")

func (in *intake) read(msg jetstream.Msg) (*message, error) {
	header := msg.Headers()
	if header.Get(headerSource) != source(in.cfg.Installation) {
		return nil, errForeign
	}
	id, err := in.cfg.Names.parseDue(msg.Subject())
	if err != nil {
		return nil, err
	}
	due, err := time.Parse(time.RFC3339Nano, header.Get(headerDue))
	if err != nil {
		return nil, fmt.Errorf("read due time: %w", err)
	}
	meta, err := msg.Metadata()
	if err != nil {
		return nil, fmt.Errorf("read delivery count: %w", err)
	}
	at := time.Now().Add(in.until(due))
	return &message{
		Msg:      msg,
		Delivery: asyncevent.Delivery{ID: id, Redelivered: meta.NumDelivered > 1},
		due:      at,
		at:       at,
	}, nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
