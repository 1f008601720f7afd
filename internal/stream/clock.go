package stream

import "time"

// lead is how much earlier than due a schedule is set: the broker's timer fires
// up to 250 ms late, and workers hold what comes early.
const lead = 300 * time.Millisecond

// brokerClock is what the broker's clock showed at a moment of our monotonic
// one. Schedules are points in time on the broker's clock, which may be wrong;
// waits are not.
type brokerClock struct {
	broker time.Time
	ours   time.Time
}

// at is what the broker's clock shows after a wait from now.
func (c brokerClock) at(wait time.Duration) time.Time {
	return c.broker.Add(time.Since(c.ours) + wait)
}
