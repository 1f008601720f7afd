package asyncevent

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/catalog"
	"github.com/postlude/postlude/internal/outbox"
	"github.com/postlude/postlude/internal/workflow"
	"github.com/postlude/postlude/internal/workitem"
)

// Config is what a [Processor] is made of.
type Config struct {
	Pool    *pgxpool.Pool
	Catalog *catalog.Catalog
	// Kernel runs events; its Models are set to the catalog, its plugins and
	// adapters do to other workitems only what their caller may, and its Zone is
	// also that of timers. nil is a kernel with its defaults.
	Kernel *workflow.Kernel
	Clock  *Clock
	// Enabled says that boundary events are armed. Otherwise a processing that
	// would arm one says so in the log, once per task.
	Enabled bool
	// Ring is called after a commit that wrote entries; nil for nothing.
	Ring    func()
	Metrics *Metrics
	Log     zerolog.Logger
}

// Processor processes workitems: the events of users, and those of the outbox. It
// is safe for concurrent use, by any number of processes.
type Processor struct {
	pool    *pgxpool.Pool
	outbox  *outbox.Store
	catalog *catalog.Catalog
	kernel  *workflow.Kernel
	clock   *Clock
	zone    *time.Location
	enabled bool
	ring    func()
	metrics *Metrics
	log     zerolog.Logger
	told    sync.Map // task → true, once it was said that it arms nothing
}

// NewProcessor returns a processor.
func NewProcessor(c Config) *Processor {
	kernel := c.Kernel
	if kernel == nil {
		kernel = new(workflow.Kernel)
	}
	kernel.Models = c.Catalog
	zone := cmp.Or(kernel.Zone, time.UTC)
	ring := c.Ring
	if ring == nil {
		ring = func() {}
	}
	return &Processor{
		pool: c.Pool, outbox: outbox.NewStore(c.Pool), catalog: c.Catalog, kernel: kernel, clock: c.Clock, zone: zone,
		enabled: c.Enabled, ring: ring, metrics: c.Metrics, log: c.Log,
	}
}

// Until says how long it is until a point in time on the database's clock.
func (p *Processor) Until(due time.Time) time.Duration { return p.clock.Until(due) }

// GiveBack returns entries to the outbox, to be dispatched again after the pause,
// when it is their time. It returns those whose message is of no more use.
func (p *Processor) GiveBack(ctx context.Context, ids []uuid.UUID, pause time.Duration) (map[uuid.UUID]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, giveBackTimeout)
	defer cancel()
	settled, err := p.outbox.GiveBack(ctx, ids, pause)
	if err == nil {
		p.ring()
	}
	return settled, err
}

// giveBackTimeout bounds what a worker that stops waits for Postgres.
const giveBackTimeout = 3 * time.Second

// now is the database's time, with the calendar of timers.
func (p *Processor) now() time.Time { return p.clock.Now().In(p.zone) }

// arm is [Arm] if arming is enabled.
func (p *Processor) arm(r workflow.Reached) ([]outbox.NewEntry, error) {
	if p.enabled {
		return Arm(r, p.now())
	}
	if r.Task != nil && arms(r.Task) {
		p.tellDisabled(r)
	}
	return nil, nil
}

// tellDisabled says once per task that it arms nothing.
func (p *Processor) tellDisabled(r workflow.Reached) {
	version := r.Items.Text(workitem.ModelVersion)
	task := struct {
		version string
		id      int
	}{version, r.Task.ID}
	if _, told := p.told.LoadOrStore(task, true); !told {
		p.log.Warn().Str("model_version", version).Int("task_id", r.Task.ID).
			Msg("async events not armed: ASYNCEVENT_PROCESSOR_ENABLED is not true")
	}
}
