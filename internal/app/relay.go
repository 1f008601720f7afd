package app

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/process"
	"github.com/postlude/postlude/internal/stream"
)

// Relay are the flags of outbox-relay.
type Relay struct {
	Database
	NATS
	AsyncEvent
	process.Admin
	process.Log
	MaxAtBroker   int           `name:"max-at-broker" env:"POSTLUDE_MAX_AT_BROKER" default:"20000" help:"Most unfinished entries at the broker: those due in each lane, and those armed. The rest waits in Postgres."`
	BatchSize     int           `name:"batch-size" env:"POSTLUDE_RELAY_BATCH_SIZE" default:"1000" help:"Most entries of a lane claimed at once."`
	Horizon       time.Duration `name:"horizon" env:"POSTLUDE_HORIZON" default:"30s" help:"How long before it is due an async entry is handed to the broker; at most half the lease."`
	KeepDiscarded time.Duration `name:"keep-discarded" env:"POSTLUDE_KEEP_DISCARDED" default:"168h" help:"How long the records of discarded entries are kept."`
}

// Run relays until the context ends.
func (r *Relay) Run(ctx context.Context, log zerolog.Logger) error {
	b, err := open(ctx, settings{
		name: "outbox-relay", database: r.Database, nats: r.NATS, async: r.AsyncEvent,
	}, log)
	if err != nil {
		return err
	}
	defer b.close()
	publisher, err := stream.NewPublisher(ctx, b.nats, b.streams)
	if err != nil {
		return err
	}
	store := outbox.NewStore(b.pool)
	relay := outbox.NewRelay(store, publisher, outbox.RelayConfig{
		InitialDelay:  time.Duration(r.InitialDelay) * time.Millisecond,
		Interval:      time.Duration(r.Interval) * time.Millisecond,
		Lease:         r.lease(),
		Horizon:       r.Horizon,
		BatchSize:     r.BatchSize,
		MaxAtBroker:   r.MaxAtBroker,
		KeepDiscarded: r.KeepDiscarded,
	}, outbox.NewRelayMetrics(b.metrics), b.log)
	silence, err := stream.NewBell(b.nats, b.streams.Names).Listen(relay.Wake)
	if err != nil {
		return err
	}
	defer silence()
	if err := b.serveAdmin(ctx, r.Admin); err != nil {
		return err
	}

	var listening sync.WaitGroup
	listening.Go(func() { store.Listen(ctx, relay.Wake, b.log) })
	defer listening.Wait()
	b.log.Info().Int64("interval_ms", r.Interval).Int64("deadlock_ms", r.Deadlock).Msg("relay started")
	defer b.log.Info().Msg("relay stopped")
	return relay.Run(ctx)
}
