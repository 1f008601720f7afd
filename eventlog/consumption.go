package eventlog

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"
)

// maxLocked is the most that the API locks at once.
const maxLocked = 100

// settleTime is how long giving back may take when the time to drain is over.
const settleTime = 5 * time.Second

// errDrained ends the contexts of handlers.
var errDrained = errors.New("the consumer was told to end, and the time to drain is over")

// consumption is one call of Consume. What has no lock on it belongs to the
// goroutine of the call.
type consumption struct {
	Consumer
	client   *Client
	quiet    *Client       // the same, whose retries are not reported
	slots    chan struct{} // one is taken by each entry that is handled
	failures *failures
	running  sync.WaitGroup
	takes    int
	lost     []lostTake
}

// work is what the handlers' goroutines live by. Both outlast the context of
// Consume: handlers ends after the time to drain, and settling, for what is being
// settled at that time, some time later.
type work struct{ handlers, settling context.Context }

func newConsumption(c *Client, consumer Consumer) *consumption {
	r := &consumption{
		Consumer: consumer,
		slots:    make(chan struct{}, consumer.Concurrency),
		failures: newFailures(pauses{first: consumer.Pause, most: consumer.MaxPause}),
	}
	// The owner is nobody else's, so what it holds is ours.
	r.quiet = c.withOwner(beginning(c.owner, maxOwner-40) + "-" + random())
	r.quiet.patient = true
	r.client = r.about(r.quiet, Entry{})
	return r
}

// about is a client whose retries are reported with an entry.
func (r *consumption) about(quiet *Client, entry Entry) *Client {
	return quiet.telling(func(err error) { r.report(entry, err) })
}

func (r *consumption) run(ctx context.Context) error {
	handlers, stopHandlers := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stopHandlers(nil)
	settling, stopSettling := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSettling()
	err := r.loop(ctx, work{handlers, settling})

	ended := make(chan struct{})
	go func() { r.running.Wait(); close(ended) }()
	r.drain(ended, func() { stopHandlers(errDrained) }, stopSettling)
	<-ended
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	r.reclaim(last)
	return err
}

// drain waits for what runs, and becomes more urgent with time.
func (r *consumption) drain(ended <-chan struct{}, steps ...func()) {
	patience := r.Drain
	for _, step := range steps {
		timer := time.NewTimer(patience)
		select {
		case <-ended:
			timer.Stop()
			return
		case <-timer.C:
			step()
		}
		patience = settleTime
	}
}

// loop locks and begins entries until the context ends, or it cannot go on.
func (r *consumption) loop(ctx context.Context, w work) error {
	for failures := 0; ; {
		free := r.acquire(ctx)
		if free == 0 {
			return nil
		}
		r.reclaim(ctx)
		begun, err := r.take(ctx, w, free)
		r.free(free - begun)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // that is what Consume was told to do
		case err == nil:
			failures = 0
		case isHopeless(err):
			return err
		default:
			failures++
			r.report(Entry{}, err)
			sleep(ctx, r.client.pauses.afterError(failures, err))
		}
	}
}

// isHopeless says whether an error of locking comes from what Consume was told.
func isHopeless(err error) bool {
	var answer *Error
	var request *requestError
	return errors.As(err, &answer) && answer.refusesCaller() || errors.As(err, &request) ||
		errors.Is(err, ErrInvalid) || errors.Is(err, ErrAsync)
}

// acquire waits until an entry may be handled, and returns how many may; 0 when
// the context has ended.
func (r *consumption) acquire(ctx context.Context) int {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	for n := 1; n < maxLocked; n++ {
		select {
		case r.slots <- struct{}{}:
		default:
			return n
		}
	}
	return maxLocked
}

func (r *consumption) free(n int) {
	for range n {
		<-r.slots
	}
}

// leastPoll is the least time between two requests that found nothing, whatever
// the server thinks of waiting.
const leastPoll = time.Second

// take locks up to so many entries and begins them. Each time it does so under
// another owner: a request about an entry that was on its way for long must not
// meet a lock that the entry has got since.
func (r *consumption) take(ctx context.Context, w work, most int) (begun int, err error) {
	r.takes++
	client := r.quiet.withOwner(r.quiet.owner + "-" + strconv.Itoa(r.takes))
	began := time.Now()
	locked, since, err := r.about(client, Entry{}).lockDue(ctx, LockQuery{Topic: r.Topic, Max: most, Lease: r.Lease, Wait: r.Wait})
	if err != nil {
		if client.judge(err) == unknown || isUnusable(err) {
			r.lost = append(r.lost, lostTake{client, time.Now().Add(r.Lease)})
		}
		return 0, err
	}
	if ctx.Err() == nil {
		begun = min(len(locked), most)
	}
	for i := range locked[:begun] {
		h := holding{r.about(client, locked[i]), locked[i]}
		r.running.Go(func() { r.handle(w, h, since) }) //nolint:contextcheck // what runs outlasts it
	}
	r.giveBack(w.settling, client, locked[begun:]) //nolint:contextcheck // there are some only after its end
	if len(locked) == 0 {
		sleep(ctx, leastPoll-time.Since(began))
	}
	return begun, nil
}

// giveBack unlocks entries that were not begun, as far as that is quick. The client
// is a quiet one.
func (r *consumption) giveBack(ctx context.Context, client *Client, locked []Entry) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for i := range locked {
		r.report(locked[i], r.about(client, locked[i]).Unlock(ctx, locked[i].ID))
	}
}
