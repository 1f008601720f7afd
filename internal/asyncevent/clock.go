package asyncevent

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
)

// Clock tells the database's time by our monotonic clock. Only the database
// decides whether an entry is due; this clock says how long to wait before it is
// worth asking. It is safe for concurrent use.
type Clock struct {
	pool   *pgxpool.Pool
	latest atomic.Pointer[reading]
}

// reading is what the database's clock showed at a moment of ours.
type reading struct {
	database time.Time
	ours     time.Time
}

// NewClock measures the offset to the database's clock once.
func NewClock(ctx context.Context, pool *pgxpool.Pool) (*Clock, error) {
	c := &Clock{pool: pool}
	if err := c.measure(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Now is the database's time.
func (c *Clock) Now() time.Time {
	r := c.latest.Load()
	return r.database.Add(time.Since(r.ours))
}

// Until is how long it is until a point in time on the database's clock.
func (c *Clock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// Run measures again every half minute until the context ends: clocks drift, and
// are set.
func (c *Clock) Run(ctx context.Context, log zerolog.Logger) {
	ticker := time.NewTicker(30 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := c.measure(ctx); err != nil && ctx.Err() == nil {
				log.Warn().Err(err).Msg("database clock not read")
			}
		case <-ctx.Done():
			return
		}
	}
}

const clockSQL = `SELECT clock_timestamp()`

// measure takes the quickest of three readings: the time on the way counts half
// to either side.
func (c *Clock) measure(ctx context.Context) error {
	var best reading
	quickest := time.Hour
	for range 3 {
		var database time.Time
		asked := time.Now()
		if err := c.pool.QueryRow(ctx, clockSQL).Scan(&database); err != nil {
			return fmt.Errorf("read database clock: %w", err)
		}
		if took := time.Since(asked); took < quickest {
			quickest = took
			best = reading{database: database, ours: asked.Add(took / 2)}
		}
	}
	c.latest.Store(&best)
	return nil
}
