package stream

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"github.com/postlude/postlude/internal/asyncevent"
)

// Handle handles deliveries together and says what became of each, in order. An
// error means that nothing is known and nothing is settled: the same deliveries
// are handed over again.
type Handle func(ctx context.Context, deliveries []asyncevent.Delivery) ([]asyncevent.Verdict, error)

// lane handles the messages of one lane: batches of what is ready, several at a
// time, and holds what is early. One goroutine, in run, owns its state.
type lane struct {
	// batch is how many messages are handled together, slots how many batches
	// at a time.
	batch, slots int
	// room bounds how many messages are held, ready ones included.
	room   int
	handle Handle
	// giveBack returns entries to the outbox, to be dispatched again after a
	// pause.
	giveBack func(ctx context.Context, ids []uuid.UUID, pause time.Duration) (map[uuid.UUID]bool, error)
	// alive is how often the broker is told that what is in hand is not
	// forgotten; well below its AckWait.
	alive time.Duration
	log   zerolog.Logger

	held    *held
	working map[*message]bool
	slot    int // slots in use
	done    chan worked
}

// worked is a batch that has been handled, and what of it is to be handled again.
type worked struct {
	batch, again []*message
}

// tooEarly is how long before its time a message may be held; beyond that it
// goes back to the outbox.
const tooEarly = 2 * time.Second

// run handles messages until intake is closed, then waits for the batches that
// are being handled and gives the rest back. ctx is for the work
// itself and is not ended by a signal to stop; stopping is closed by one.
func (l *lane) run(ctx context.Context, intake <-chan *message, stopping <-chan struct{}) {
	l.held = newHeld()
	l.working = map[*message]bool{}
	l.done = make(chan worked, l.slots)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	alive := time.NewTicker(l.alive)
	defer alive.Stop()
	for open := true; open; {
		l.start(ctx, stopping)
		in := intake
		if l.held.len() >= l.room {
			in = nil
		}
		if at, ok := l.held.next(); ok && l.slot < l.slots {
			timer.Reset(time.Until(at))
		} else {
			timer.Reset(time.Hour)
		}
		select {
		case m, ok := <-in:
			if open = ok; ok {
				l.take(ctx, m, in)
			}
		case w := <-l.done:
			l.finish(w)
		case <-alive.C:
			l.keepAlive()
		case <-timer.C:
		case <-stopping:
			open = false
		}
	}
	l.drain(ctx, intake)
}

// take holds a message, and what has come with it.
func (l *lane) take(ctx context.Context, m *message, intake <-chan *message) {
	var early []*message
	for n := 0; m != nil; n++ {
		if time.Until(m.at) > tooEarly {
			early = append(early, m)
		} else {
			l.held.add(m)
		}
		m = nil
		if n < l.batch {
			select {
			case m = <-intake: // nil once it is closed
			default:
			}
		}
	}
	l.returnTo(ctx, early, time.Second)
}

// returnTo gives messages back to the outbox, which has their entries dispatched
// again after the pause: the broker forgets a negative acknowledgement when it is
// restarted, and counts it as a delivery. Where the outbox cannot take one, it
// goes back to the broker.
func (l *lane) returnTo(ctx context.Context, messages []*message, pause time.Duration) {
	if len(messages) == 0 {
		return
	}
	ids := make([]uuid.UUID, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	taken, err := l.giveBack(ctx, ids, pause)
	for _, m := range messages {
		if taken[m.ID] {
			_ = m.Ack()
		} else {
			_ = m.Nak()
		}
	}
	if err != nil {
		l.log.Warn().Err(err).Int("entries", len(messages)).Msg("entries given back to the broker, not to the outbox")
	}
}

// drainPause is how long what a stopping worker gives back stays in the outbox:
// long enough for the acknowledgement of its message, which a relay would take
// for a message that is queued.
const drainPause = 100 * time.Millisecond

// start begins as many batches as there are slots and ready messages for.
func (l *lane) start(ctx context.Context, stopping <-chan struct{}) {
	for l.slot < l.slots {
		ready := l.held.ready(time.Now(), l.batch)
		if len(ready) == 0 {
			return
		}
		l.slot++
		for _, m := range ready {
			l.working[m] = true
		}
		go func() { l.done <- worked{ready, l.work(ctx, ready, stopping)} }()
	}
}

func (l *lane) finish(w worked) {
	l.slot--
	for _, m := range w.batch {
		delete(l.working, m)
	}
	for _, m := range w.again {
		l.held.add(m)
	}
}

// keepAlive tells the broker that nothing in hand is to be delivered again: that
// would look as if somebody had died over it.
func (l *lane) keepAlive() {
	for _, m := range l.held.queue {
		_ = m.InProgress()
	}
	for m := range l.working {
		_ = m.InProgress()
	}
}

// handleTimeout bounds one try of a batch; Postgres ends a statement before.
const handleTimeout = 45 * time.Second

// work handles one batch to its end, however long Postgres is away, and
// acknowledges what is finished. It returns what is to be handled again; if the
// worker stops before Postgres is back, that is all of it.
func (l *lane) work(ctx context.Context, batch []*message, stopping <-chan struct{}) (again []*message) {
	deliveries := make([]asyncevent.Delivery, len(batch))
	for i, m := range batch {
		deliveries[i] = m.Delivery
	}
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		verdicts, err := l.try(ctx, deliveries)
		if err == nil {
			return l.settle(ctx, batch, verdicts)
		}
		l.log.Error().Err(err).Int("entries", len(batch)).Dur("pause", pause).Msg("batch not handled")
		select {
		case <-time.After(pause):
		case <-stopping:
			return batch
		case <-ctx.Done():
			return batch
		}
	}
}

func (l *lane) try(ctx context.Context, deliveries []asyncevent.Delivery) ([]asyncevent.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	return l.handle(ctx, deliveries)
}

// busyTries is how often in a row a message may be found busy before it goes
// back to the outbox: it must not keep its place from others.
const busyTries = 5

// settle acknowledges what is finished, and returns to the outbox what is not
// soon. An acknowledgement that is lost costs a delivery of an entry that is
// gone.
func (l *lane) settle(ctx context.Context, batch []*message, verdicts []asyncevent.Verdict) (again []*message) {
	now := time.Now()
	for i, v := range verdicts {
		m := batch[i]
		m.busy++
		if v.Outcome != asyncevent.Busy {
			m.busy = 0
		}
		switch {
		case v.Again <= 0:
			if err := m.Ack(); err != nil {
				l.log.Debug().Err(err).Stringer("entry_id", m.ID).Msg("acknowledgement not sent")
			}
		case v.Again > tooEarly:
			l.returnTo(ctx, []*message{m}, time.Second)
		case m.busy >= busyTries:
			l.returnTo(ctx, []*message{m}, busyPause(m, now))
		default:
			m.at = now.Add(v.Again)
			again = append(again, m)
		}
	}
	return again
}

// busyPause grows with the time that the entry has waited already.
func busyPause(m *message, now time.Time) time.Duration {
	return min(max(now.Sub(m.due)/4, time.Second), 30*time.Second)
}

// drain gives everything that is not being handled back at once, and then waits
// for the batches that are, and gives back what they did not finish.
func (l *lane) drain(ctx context.Context, intake <-chan *message) {
	held := l.held.all()
	for m := range intake {
		held = append(held, m)
	}
	l.returnTo(ctx, held, drainPause)
	for ; l.slot > 0; l.slot-- {
		w := <-l.done
		l.returnTo(ctx, w.again, drainPause)
	}
}
