package outbox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// RelayConfig are the settings of a [Relay]; a zero value takes its default.
type RelayConfig struct {
	// InitialDelay is a pause before the first claim.
	InitialDelay time.Duration
	// Interval is how often the relay looks at the outbox if nothing wakes it;
	// 1 s by default.
	Interval time.Duration
	// Lease is after how long an entry that was dispatched and is not finished
	// is dispatched again, counted from the later of its dispatch and its due
	// time; 1 min by default.
	Lease time.Duration
	// Horizon is how long before it is due an async entry is handed to the
	// broker; 30 s by default, at most half the lease.
	Horizon time.Duration
	// BatchSize is how many entries of a lane are claimed at once; 1,000 by
	// default.
	BatchSize int
	// MaxAtBroker bounds the unfinished entries at the broker: those of each
	// lane that are due, and those that are armed; 20,000 by default.
	MaxAtBroker int
	// KeepDiscarded is how long records of discarded entries are kept; a week
	// by default.
	KeepDiscarded time.Duration
}

func (c RelayConfig) withDefaults() RelayConfig {
	setDefault(&c.Interval, time.Second)
	setDefault(&c.Lease, time.Minute)
	setDefault(&c.Horizon, firstLook)
	setDefault(&c.BatchSize, 1000)
	setDefault(&c.MaxAtBroker, 20_000)
	setDefault(&c.KeepDiscarded, 7*24*time.Hour)
	c.Horizon = min(c.Horizon, c.Lease/2)
	return c
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Relay moves committed entries from the outbox to the broker, which holds back
// those that are not due yet.
//
// An entry is dispatched at least once: a crash between claim and
// acknowledgement dispatches it again when its lease ends. Effect exactly once
// is the worker's promise, not the relay's. Any number of relays may run against
// one database, without a leader: a claim skips rows that another is claiming.
type Relay struct {
	cfg     RelayConfig
	store   *Store
	broker  Broker
	metrics *RelayMetrics
	log     zerolog.Logger
	wake    chan struct{}
	streams *streams

	// room is how many more entries the broker may take, as of roomAt.
	room   room
	roomAt time.Time
	noRoom time.Duration // the next pause for want of room
}

// room is what is left of the bounds on unfinished entries at the broker.
type room struct {
	due   map[Lane]int
	armed int
}

// NewRelay returns a relay. The metrics may be shared.
func NewRelay(store *Store, broker Broker, cfg RelayConfig, metrics *RelayMetrics, log zerolog.Logger) *Relay {
	return &Relay{
		cfg:     cfg.withDefaults(),
		store:   store,
		broker:  broker,
		metrics: metrics,
		log:     log,
		wake:    make(chan struct{}, 1),
		streams: newStreams(log),
	}
}

// Wake makes the relay look at the outbox at once. It never blocks and may be
// called from anywhere, before Run too.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run relays until the context ends and returns nil then. A round that has begun
// is brought to its end first: what was claimed is published, or given back.
// Postgres or the broker going away is logged once, and tried again until they
// are back.
func (r *Relay) Run(ctx context.Context) error {
	if !sleep(ctx, r.cfg.InitialDelay, nil) {
		return nil
	}
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() { newHousekeeper(r).run(ctx) })
	others.Go(func() { newProver(r).run(ctx) })

	var failing bool
	var pause time.Duration
	for ctx.Err() == nil {
		round, err := r.runOnce(ctx)
		if err == nil {
			if failing {
				r.log.Info().Msg("relay resumed")
			}
			failing, pause = false, 0
			round.log(&r.log)
			sleep(ctx, round.Pause, r.wake)
		} else if ctx.Err() == nil {
			if !failing {
				r.log.Error().Err(err).Msg("relay paused")
			}
			failing = true
			r.metrics.failed()
			r.roomAt = time.Time{}
			pause = min(max(2*pause, minPause), r.cfg.Interval)
			// What failed may be no matter of what has just been written.
			sleep(ctx, min(pause, minPause), nil)
			sleep(ctx, pause-minPause, r.wake)
		}
	}
	return nil
}

// Round is what one look at the outbox did.
type Round struct {
	Claimed, Published, Armed, Postponed, GivenBack int
	// Refused is how many the broker did not take, or the stream of a handover.
	Refused int
	// Queued is how many had a message at the broker still, and got no other.
	Queued int
	// Behind is how many of an ordered topic went back to wait for another.
	Behind int
	// LeasesEnded is how many leases ended because messages were lost.
	LeasesEnded int
	// Pause is how long there is nothing to do, unless something wakes the
	// relay.
	Pause time.Duration
}

func (r Round) log(log *zerolog.Logger) {
	if r.LeasesEnded > 0 {
		log.Warn().Int("entries", r.LeasesEnded).Msg("leases ended after messages were lost")
	}
	if r.Refused > 0 {
		log.Warn().Int("entries", r.Refused).Msg("entries refused by the broker")
	}
	if r.Claimed > 0 {
		log.Debug().Int("claimed", r.Claimed).Int("published", r.Published).Int("armed", r.Armed).
			Int("postponed", r.Postponed).Int("behind", r.Behind).Int("given_back", r.GivenBack).Msg("entries dispatched")
	}
}

// minPause is the pause after a round that failed, whatever wakes the relay; it
// doubles, up to the interval, while nothing does.
const minPause = 50 * time.Millisecond

// roundTimeout bounds a round: a connection that has gone silent must not stop
// the relay.
const roundTimeout = 30 * time.Second

// runOnce looks at the broker and at the outbox once. An error means that
// nothing was claimed, or that something that was claimed comes back by itself.
func (r *Relay) runOnce(ctx context.Context) (round Round, err error) {
	look, cancelLook := context.WithTimeout(ctx, roundTimeout)
	defer cancelLook()
	if round.LeasesEnded, err = r.observe(look); err != nil {
		return round, err
	}
	// From the claim on the entries are ours: ending is no reason to drop them,
	// nor to leave it open whether they were claimed.
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), roundTimeout)
	defer cancel()
	wants := r.wants()
	claim, err := r.store.Claim(settle, wants, r.cfg.Lease)
	if err != nil {
		return round, err
	}
	round.Pause = r.pauseAfter(claim, wants)
	if err := r.dispatch(settle, claim, &round); err != nil {
		return round, err
	}
	r.metrics.observe(&round, claim.Entries)
	return round, nil
}

// wants says how many entries to claim in each lane. While a lane has much
// unfinished at the broker, a tenth of what it may still take goes to fresh
// entries. Copies need no room: no worker has to finish them.
func (r *Relay) wants() []Want {
	wants := []Want{{Lane: LaneCopy, Oldest: r.cfg.BatchSize}}
	for _, lane := range Lanes() {
		room := max(r.room.due[lane], 0)
		want := Want{Lane: lane, Oldest: min(room, r.cfg.BatchSize)}
		if room < r.cfg.MaxAtBroker/2 {
			want.Newest = want.Oldest / 10
			want.Oldest -= want.Newest
		}
		wants = append(wants, want)
	}
	return wants
}

// noRoomPause is the time for workers to make room at the broker; it doubles, up
// to the interval, while nothing can be claimed.
const noRoomPause = 50 * time.Millisecond

// pauseAfter is the time until there is something to do: none after a full
// claim, a short one if a lane's room was the limit, else until the next entry's
// time, at most the interval.
func (r *Relay) pauseAfter(claim Claim, wants []Want) time.Duration {
	claimed := map[Lane]int{}
	for i := range claim.Entries {
		claimed[claim.Entries[i].Lane]++
	}
	pause := r.cfg.Interval
	if claim.Next >= 0 {
		pause = min(claim.Next, pause)
	}
	full := false
	for _, w := range wants {
		switch {
		case claimed[w.Lane] < w.Oldest+w.Newest:
		case w.Oldest+w.Newest == r.cfg.BatchSize:
			return 0
		default:
			full = true
		}
	}
	if !full {
		return pause
	}
	r.roomAt = time.Time{}
	if len(claim.Entries) > 0 {
		r.noRoom = noRoomPause
	}
	r.noRoom = max(r.noRoom, noRoomPause)
	pause = min(r.noRoom, pause)
	r.noRoom = min(2*r.noRoom, r.cfg.Interval)
	return pause
}

const roomMaxAge = 250 * time.Millisecond

// observe asks the broker for its state, now and then, and ends all leases if
// messages were lost.
func (r *Relay) observe(ctx context.Context) (leasesEnded int, err error) {
	if time.Since(r.roomAt) < roomMaxAge {
		return 0, nil
	}
	state, err := r.broker.State(ctx)
	if err != nil {
		return 0, fmt.Errorf("look at the broker: %w", err)
	}
	// The mark was written before the state is read again: only then a lower
	// sequence means that the stream has gone back.
	mark, known, err := r.store.streamMark(ctx, state.Stream)
	if err != nil {
		return 0, err
	}
	if known && mark.lost(state) {
		if state, err = r.broker.State(ctx); err != nil {
			return 0, fmt.Errorf("look at the broker: %w", err)
		}
	}
	if known && mark.lost(state) {
		leasesEnded, err = r.store.endLeases(ctx, mark, state, 2*r.cfg.Lease+r.cfg.Horizon)
	} else if !known || state.LastSequence > mark.lastSequence {
		err = r.store.markStream(ctx, state, known)
	}
	if err != nil {
		return 0, err
	}
	r.room = room{due: map[Lane]int{}, armed: r.cfg.MaxAtBroker - state.Armed}
	for _, lane := range Lanes() {
		r.room.due[lane] = r.cfg.MaxAtBroker - state.Due[lane]
	}
	r.roomAt = time.Now()
	r.metrics.atBroker(state)
	return leasesEnded, nil
}

// sleep waits for the duration, or until wake, if it is not nil, or the context
// says otherwise. It reports whether the context still runs.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}
