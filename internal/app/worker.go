package app

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/asyncevent"
	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/process"
	"github.com/postlude/postlude/internal/stream"
)

// Worker are the flags of async-worker.
type Worker struct {
	Database
	NATS
	AsyncEvent
	Kernel
	process.Admin
	process.Log
	BatchSize   int           `name:"batch-size" env:"POSTLUDE_WORKER_BATCH_SIZE" default:"256" help:"Most entries handled in one transaction."`
	Concurrency int           `name:"concurrency" env:"POSTLUDE_WORKER_CONCURRENCY" default:"2" help:"Transactions at a time in each lane."`
	Drain       time.Duration `name:"drain" env:"POSTLUDE_DRAIN" default:"20s" help:"How long work in flight may take to finish after a signal to stop."`
	MemoryLimit int64         `name:"memory-limit" env:"POSTLUDE_MEMORY_LIMIT" default:"1073741824" help:"Soft limit of the process's memory in bytes, see GOMEMLIMIT; 0 for none."`
}

// errDisabled is the error of a worker that has nothing to do.
var errDisabled = errors.New("async events are disabled: set ASYNCEVENT_PROCESSOR_ENABLED=true, here and for the workflow api")

// Run works until the context ends, and then drains.
func (w *Worker) Run(ctx context.Context, log zerolog.Logger) error {
	if !w.Enabled {
		return errDisabled
	}
	if w.MemoryLimit > 0 {
		debug.SetMemoryLimit(w.MemoryLimit)
	}
	b, err := open(ctx, settings{name: "async-worker", database: w.Database, nats: w.NATS, async: w.AsyncEvent}, log)
	if err != nil {
		return err
	}
	defer b.close()
	metrics := asyncevent.NewMetrics(b.metrics)
	processor, clock, err := b.processor(ctx, w.Enabled, w.Kernel, metrics)
	if err != nil {
		return err
	}
	consumer, err := stream.NewConsumer(ctx, b.nats, b.streams,
		stream.ConsumerConfig{BatchSize: w.BatchSize, Concurrency: w.Concurrency}, processor, metrics, b.log)
	if err != nil {
		return err
	}
	if err := b.serveAdmin(ctx, w.Admin); err != nil {
		return err
	}

	var measuring sync.WaitGroup
	measuring.Go(func() { clock.Run(ctx, b.log) })
	defer measuring.Wait()
	b.log.Info().Int("concurrency", w.Concurrency).Msg("worker started")
	consumer.Run(ctx, w.Drain)
	b.log.Info().Msg("worker stopped")
	return nil
}

// processor makes what processes workitems, in a worker and in the API.
func (b *base) processor(ctx context.Context, enabled bool, flags Kernel, metrics *asyncevent.Metrics) (*asyncevent.Processor, *asyncevent.Clock, error) {
	kernel, err := flags.New()
	if err != nil {
		return nil, nil, err
	}
	clock, err := asyncevent.NewClock(ctx, b.pool)
	if err != nil {
		return nil, nil, err
	}
	models := catalog.New(b.pool)
	if err := models.RefreshNow(ctx); err != nil {
		return nil, nil, err
	}
	return asyncevent.NewProcessor(asyncevent.Config{
		Pool:    b.pool,
		Catalog: models,
		Kernel:  kernel,
		Clock:   clock,
		Enabled: enabled,
		Ring:    stream.NewBell(b.nats, b.streams.Names).Ring,
		Metrics: metrics,
		Log:     b.log,
	}), clock, nil
}
