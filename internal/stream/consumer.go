package stream

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/outbox"
)

// Handler is what a worker does with deliveries.
type Handler interface {
	// Batch handles deliveries together.
	Batch(ctx context.Context, deliveries []asyncevent.Delivery) ([]asyncevent.Verdict, error)
	// Alone handles one delivery by itself.
	Alone(ctx context.Context, delivery asyncevent.Delivery) (asyncevent.Verdict, error)
	// GiveBack returns entries to the outbox, to be dispatched again after the
	// pause, and says of which nobody has to hear any more: all but those that
	// another session has locked.
	GiveBack(ctx context.Context, ids []uuid.UUID, pause time.Duration) (map[uuid.UUID]bool, error)
	// Until says how long it is until a point in time on the database's clock.
	Until(due time.Time) time.Duration
}

// ConsumerConfig are the settings of a [Consumer]; a zero value takes its
// default.
type ConsumerConfig struct {
	// BatchSize is how many entries are handled in one transaction at most; 256
	// by default.
	BatchSize int
	// Concurrency is how many transactions run at a time in each lane; 2 by
	// default.
	Concurrency int
	// MaxHeld bounds the messages that a lane holds; 4,096 by default.
	MaxHeld int
}

func (c ConsumerConfig) withDefaults() ConsumerConfig {
	if c.BatchSize <= 0 {
		c.BatchSize = 256
	}
	if c.Concurrency <= 0 {
		c.Concurrency = 2
	}
	if c.MaxHeld <= 0 {
		c.MaxHeld = 4096
	}
	return c
}

// Consumer delivers the messages of all lanes to a handler. Any number of
// processes may consume side by side: each message goes to one of them.
type Consumer struct {
	cfg     Config
	tuning  ConsumerConfig
	js      jetstream.JetStream
	handler Handler
	silence time.Duration
	metrics *asyncevent.Metrics
	log     zerolog.Logger
}

// NewConsumer sets up the streams, if they are not there, and returns a
// consumer. The error is a [*ForeignStreamError] if a stream is not ours.
func NewConsumer(
	ctx context.Context, nc *nats.Conn, cfg Config, tuning ConsumerConfig,
	handler Handler, metrics *asyncevent.Metrics, log zerolog.Logger,
) (*Consumer, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("use jetstream: %w", err)
	}
	cfg = cfg.withDefaults()
	if err := patiently(ctx, func(ctx context.Context) error { return setup(ctx, js, cfg) }); err != nil {
		return nil, err
	}
	return &Consumer{
		cfg: cfg, tuning: tuning.withDefaults(), js: js, handler: handler, silence: defaultSilence,
		metrics: metrics, log: log,
	}, nil
}

// Run consumes until the context ends, and then drains: nothing more is fetched,
// what is being handled is finished, what was only fetched is given back to the
// outbox at once. Work that is not finished after the drain deadline is
// abandoned; it rolls back, and its messages are delivered again.
func (c *Consumer) Run(ctx context.Context, drain time.Duration) {
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(drain, abandon) })
	defer stop()

	var lanes sync.WaitGroup
	for _, name := range outbox.Lanes() {
		lanes.Go(func() { c.runLane(ctx, work, name) })
	}
	lanes.Wait()
}

func (c *Consumer) runLane(ctx, work context.Context, name outbox.Lane) {
	l := lane{
		batch: c.tuning.BatchSize, slots: c.tuning.Concurrency, room: c.tuning.MaxHeld,
		handle: c.handler.Batch, giveBack: c.handler.GiveBack,
		alive: c.cfg.Lease / 8, log: c.log,
	}
	if name == outbox.LaneSlow {
		l.batch, l.slots, l.room, l.handle = 1, 2*c.tuning.Concurrency, 8*c.tuning.Concurrency, c.alone
	}
	in := intake{
		cfg: c.cfg, js: c.js, lane: name, window: 2 * l.batch * l.slots, silence: c.silence,
		until: c.handler.Until, metrics: c.metrics, log: c.log,
	}
	messages := make(chan *message, l.batch)
	var fetching sync.WaitGroup
	fetching.Go(func() { in.run(ctx, messages) })
	l.run(work, messages, ctx.Done())
	fetching.Wait()
}

func (c *Consumer) alone(ctx context.Context, deliveries []asyncevent.Delivery) ([]asyncevent.Verdict, error) {
	verdict, err := c.handler.Alone(ctx, deliveries[0])
	return []asyncevent.Verdict{verdict}, err
}
