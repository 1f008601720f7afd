package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"
)

// housekeeper does for a relay what no claim comes upon: it makes ready what was
// parked and need not be any more, removes copies at the end of their retention,
// deletes old records, and looks for topics whose entries nobody removes. Any
// number may run side by side.
type housekeeper struct {
	store   *Store
	cfg     RelayConfig
	metrics *RelayMetrics
	log     zerolog.Logger
	wake    func()

	// Where the next looks begin: after these topics, and refs by topic.
	parked, published string
	lines             map[string]string

	linesAt    time.Time
	purgedAt   time.Time
	measuredAt time.Time
}

func newHousekeeper(r *Relay) *housekeeper {
	return &housekeeper{
		store: r.store, cfg: r.cfg, metrics: r.metrics, log: r.log, wake: r.Wake, lines: map[string]string{},
	}
}

// Pauses of the housekeeper.
const (
	housekeepingPause = time.Second
	// Who publishes a head makes the next ready; the housekeeper is there for
	// what has been missed.
	linesPause   = 2 * time.Second
	measurePause = time.Minute
	purgePause   = time.Hour
)

// sweepLimit bounds what one step reads or changes at once.
const sweepLimit = 1000

func (h *housekeeper) run(ctx context.Context) {
	repeat(ctx, min(housekeepingPause, h.cfg.Interval), "housekeeping", h.log, func(ctx context.Context) (bool, error) {
		chores, err := h.runOnce(ctx)
		if chores.Ready > 0 {
			h.wake()
		}
		chores.log(&h.log)
		h.metrics.expired(chores.Expired)
		return chores.More, err
	})
}

// repeat runs a step again and again until the context ends, at once while there
// is more to do. That it fails is logged once, till it has succeeded.
func repeat(ctx context.Context, pause time.Duration, name string, log zerolog.Logger, step func(context.Context) (more bool, err error)) {
	failing := false
	for ctx.Err() == nil {
		more, err := bounded(ctx, step)
		switch {
		case err == nil:
			failing = false
		case ctx.Err() == nil && !failing:
			failing = true
			log.Warn().Err(err).Str("task", name).Msg("task of the relay failed")
		}
		if !more || err != nil {
			sleep(ctx, pause, nil)
		}
	}
}

func bounded(ctx context.Context, step func(context.Context) (bool, error)) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	return step(ctx)
}

// Chores is what one look of the housekeeper did.
type Chores struct {
	// Ready is how many entries that were parked got their time, Expired how
	// many copies were removed after their retention, Purged how many records.
	Ready, Expired, Purged int
	// More says that there is more to do at once.
	More bool
}

func (c Chores) log(log *zerolog.Logger) {
	if c.Ready > 0 || c.Expired > 0 || c.Purged > 0 {
		log.Debug().Int("ready", c.Ready).Int("expired", c.Expired).Int("purged", c.Purged).Msg("outbox tidied")
	}
}

func (h *housekeeper) runOnce(ctx context.Context) (chores Chores, err error) {
	topics, err := h.store.Topics(ctx)
	if err != nil {
		return chores, err
	}
	for _, step := range []func(context.Context, Topics, *Chores) error{h.ready, h.expire, h.purge, h.measure} {
		if err := step(ctx, topics, &chores); err != nil {
			return chores, err
		}
	}
	return chores, nil
}

// ready gives what is parked its time, unless its topic is on hold or it is
// behind another in its line.
func (h *housekeeper) ready(ctx context.Context, topics Topics, chores *Chores) error {
	parked, err := h.store.parkedTopics(ctx, h.parked)
	if err != nil {
		return err
	}
	h.parked = next(parked)
	var free, ordered []string
	for _, name := range parked {
		switch topic := topics.Of(name); {
		case topic.Ordered:
			ordered = append(ordered, name)
		case topic.Policy != PolicyHold:
			free = append(free, name)
		}
	}
	n, err := h.store.readyParked(ctx, free)
	chores.Ready += n
	chores.More = chores.More || n == sweepLimit
	if err != nil {
		return err
	}
	return h.readyLines(ctx, topics, ordered, chores)
}

func (h *housekeeper) readyLines(ctx context.Context, topics Topics, ordered []string, chores *Chores) error {
	if time.Since(h.linesAt) < linesPause {
		return nil
	}
	h.linesAt = time.Now()
	for _, name := range ordered {
		refs, err := h.store.parkedRefs(ctx, name, h.lines[name])
		if err != nil {
			return err
		}
		h.lines[name] = next(refs)
		lines := make([]line, len(refs))
		for i, ref := range refs {
			lines[i] = line{pattern: topics.Of(name).Pattern, ref: ref}
		}
		n, err := h.store.readyHeads(ctx, lines)
		chores.Ready += n
		if err != nil {
			return err
		}
	}
	return nil
}

// next is where the look that follows begins: after the last that was seen, or
// from the beginning if it was the last of all.
func next(seen []string) string {
	if len(seen) < sweepLimit {
		return ""
	}
	return seen[len(seen)-1]
}

func (h *housekeeper) expire(ctx context.Context, topics Topics, chores *Chores) error {
	if !topics.expire {
		return nil
	}
	published, err := h.store.publishedTopics(ctx, h.published)
	if err != nil {
		return err
	}
	h.published = next(published)
	var expiring []Topic
	for _, name := range published {
		if topic := topics.Of(name); topic.Retention > 0 {
			topic.Pattern = name
			expiring = append(expiring, topic)
		}
	}
	n, err := h.store.expireCopies(ctx, expiring)
	chores.Expired = n
	chores.More = chores.More || n >= sweepLimit
	return err
}

// purge deletes old records, an hour after it last found the last of them.
func (h *housekeeper) purge(ctx context.Context, _ Topics, chores *Chores) error {
	if !h.purgedAt.IsZero() && time.Since(h.purgedAt) < purgePause {
		return nil
	}
	discarded, err := h.store.PurgeDiscarded(ctx, h.cfg.KeepDiscarded)
	if err != nil {
		return err
	}
	keys, err := h.store.PurgeKeys(ctx)
	if err != nil {
		return err
	}
	chores.Purged = discarded + keys
	if chores.Purged == 0 {
		h.purgedAt = time.Now()
	}
	chores.More = chores.More || chores.Purged > 0
	return nil
}

func (h *housekeeper) measure(ctx context.Context, _ Topics, _ *Chores) error {
	if h.metrics == nil || !h.measuredAt.IsZero() && time.Since(h.measuredAt) < measurePause {
		return nil
	}
	h.measuredAt = time.Now()
	backlogs, err := Unconsumed(ctx, h.store.pool, 0)
	if err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	h.metrics.unconsumed(backlogs)
	return nil
}
