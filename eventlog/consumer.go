package eventlog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Consumer says what [Client.Consume] is to do. Topic and Handler are required.
type Consumer struct {
	// Topic is the one topic to consume.
	Topic string
	// Handler does the work for an entry. Its context ends with the cause
	// [ErrLockLost] when the entry's lock is lost, or would be a tenth of a lease
	// later, and when the time to drain is over; it keeps the values of Consume's.
	// An error, or a panic, leaves the entry for later. It is called for up to
	// Concurrency entries at once.
	Handler func(ctx context.Context, entry Entry) error
	// Concurrency is how many entries are handled at once, 1 if it is 0. No more
	// are locked.
	Concurrency int
	// Lease is how long a lock lasts that is not extended: so long an entry rests
	// whose consumer died. A minute if it is 0, from 5s to 24 hours. Let it be many
	// times what a request takes on a bad day: a lock counts as lost when an
	// extension takes more than half of the lease.
	Lease time.Duration
	// Wait is how long one request waits for entries: 20s if it is 0, and never
	// more than a quarter of the lease, since nobody can say when in this time a
	// lock began. If it is negative, Consume asks every second instead.
	Wait time.Duration
	// Pause is how long an entry rests after its first failure, a second if it is
	// 0. It doubles with each, up to MaxPause, ten minutes if that is 0.
	Pause, MaxPause time.Duration
	// Drain is how long what runs may take when Consume is to end, 20s if it is 0,
	// and no time if it is negative.
	Drain time.Duration
	// OnError is told what goes wrong: with the entry if the error is about one,
	// otherwise with the zero Entry. It may be called by several goroutines at
	// once, and should return soon. Nil for nobody.
	OnError func(entry Entry, err error)
}

// ErrLockLost is why the context of a handler ended: another may work on the entry
// now. What the handler has done stays, and may be done again.
var ErrLockLost = errors.New("the lock on the entry was lost")

// PanicError is the error of a handler that panicked.
type PanicError struct {
	Value any
	Stack []byte
}

// Error implements error.
func (e *PanicError) Error() string { return fmt.Sprintf("the handler panicked: %v", e.Value) }

func (o *Consumer) setDefaults() {
	o.Concurrency = cmp.Or(o.Concurrency, 1)
	o.Lease = cmp.Or(o.Lease, time.Minute)
	o.Wait = max(0, min(cmp.Or(o.Wait, 20*time.Second), o.Lease/4))
	o.Pause = cmp.Or(o.Pause, time.Second)
	o.MaxPause = cmp.Or(o.MaxPause, 10*time.Minute)
	o.Drain = max(0, cmp.Or(o.Drain, 20*time.Second))
}

// maxLease is the longest that the API gives a lock. minLease leaves time for
// several round trips before a lock counts as lost.
const (
	minLease = 5 * time.Second
	maxLease = 24 * time.Hour
)

func (o *Consumer) check() error {
	switch {
	case o.Topic == "":
		return fmt.Errorf("%w: the topic is missing", ErrInvalid)
	case o.Handler == nil:
		return fmt.Errorf("%w: the handler is missing", ErrInvalid)
	case o.Concurrency < 0:
		return fmt.Errorf("%w: the concurrency %d is negative", ErrInvalid, o.Concurrency)
	case o.Lease < minLease || o.Lease > maxLease:
		return fmt.Errorf("%w: the lease %s is not from %s to %s", ErrInvalid, o.Lease, minLease, maxLease)
	case o.Pause < time.Millisecond || o.MaxPause < time.Millisecond || o.MaxPause > maxLease:
		return fmt.Errorf("%w: the pauses are not from 1ms to %s", ErrInvalid, maxLease)
	}
	return nil
}

func (o *Consumer) report(entry Entry, err error) {
	if o.OnError != nil && err != nil {
		o.OnError(entry, err)
	}
}

// Consume has the handler work on every entry of the topic that is due, until the
// context ends, and deletes an entry when its work is done.
//
// The handler is called at least once for each entry, and once as a rule. It is
// called again when it failed, when its program died, or when the lock was lost
// while it worked: then what it did may be done twice, by two at the same time. So
// let the work be repeatable, with the id of the entry as its idempotency key. Any
// number of consumers may work on a topic, here and elsewhere; entries begin in the
// order of their due times, and end in any.
//
// An entry is locked while its handler runs; the lock is extended every third of a
// lease. After the work the entry is deleted under its lock. If that is not
// possible, or another may have done the same under a later lock, it is reported:
// what is not reported was done once under its last lock. The exception is a lock
// that somebody has released by [Client.Release].
//
// An entry that fails stays locked for a pause that grows with each failure, so
// that it neither spins nor keeps others waiting, and may go to another consumer
// then. So does one whose lock could not be extended in time. Failures are counted
// by this call: the count begins anew with the next.
//
// Entries that cannot be read, since their data are nested deeper than Go reads or
// have more than 64 MiB, keep no others waiting. They rest for the lease, each time
// they are met, and that is reported.
//
// When the context ends, nothing more is begun, and what was locked and not begun
// is unlocked. What runs has the time of Drain; then the contexts of the handlers
// end, and those that return an error are unlocked at once. Consume waits for its
// handlers however long they take, and returns nil.
//
// It ends by itself only if it cannot lock because of what it was told, with this
// error: an [ErrInvalid], [ErrAsync], or an answer with the status 401 or 403,
// whoever gives it. All else counts as a server that is away, is reported, and
// tried again after a growing pause: no connection, a certificate that is not
// trusted, and answers that are not the API's, as the 404, 302 or 520 of a proxy
// or a page in HTML.
func (c *Client) Consume(ctx context.Context, consumer Consumer) error {
	consumer.setDefaults()
	if err := consumer.check(); err != nil {
		return wrap("consume entries", err)
	}
	return wrap("consume entries", newConsumption(c, consumer).run(ctx))
}
