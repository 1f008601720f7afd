package outbox

import "time"

// Lane is a queue: of the outbox, and for workers at the broker, with consumers
// and room of its own, so that what is slow or comes in waves delays nothing
// else. The table says which lane an entry is in.
type Lane string

// The lanes.
const (
	// LaneNow is for async entries that were due as soon as they were written.
	LaneNow Lane = "now"
	// LaneTimer is for async entries with a delay.
	LaneTimer Lane = "timer"
	// LaneSlow is for async entries that are handled alone: they have failed
	// before, run long, or were delivered twice.
	LaneSlow Lane = "slow"
	// LaneCopy is for the entries of all other topics, which no worker gets.
	LaneCopy Lane = "copy"
)

// Lanes are those of the workers.
func Lanes() []Lane { return []Lane{LaneNow, LaneTimer, LaneSlow} }

// Dispatch is an entry to be published.
type Dispatch struct {
	*Claimed
	// Arm says that the broker is to hold the message back until the entry is
	// due, Wait from now.
	Arm bool
	// Stream is where a handover goes, "" for all others, and Grace how long it is
	// to be there at least.
	Stream string
	Grace  time.Duration
	// line is the pattern of an ordered topic, "" for all others.
	line string
}

// action is what becomes of a claimed entry.
type action int

const (
	publish  action = iota // to the broker, to be delivered at once
	arm                    // to the broker, to be delivered when it is due
	postpone               // back into the outbox for a while
	park                   // back into the outbox for good
)

// soon is how long before it is due an entry is published at once: workers hold
// it for the rest. A broker's timer could not tell it from now.
const soon = 500 * time.Millisecond

// firstLook is how long before it is due an async entry is first looked at: the
// default horizon, as in the SQL function eventlog_dispatch_at.
const firstLook = 30 * time.Second

// decide says what becomes of a claimed entry. The wait is how long an entry
// that is postponed stays back.
func decide(c *Claimed, policy Policy, horizon time.Duration, mayArm bool) (action, time.Duration) {
	switch {
	case policy == PolicyHold:
		return park, OnHold
	case policy != PolicyAsync && c.Wait > 0:
		return postpone, c.Wait
	case policy != PolicyAsync, c.Wait <= soon:
		return publish, 0
	case c.Wait > horizon:
		return postpone, c.Wait - horizon
	case !mayArm:
		return postpone, c.Wait
	default:
		return arm, 0
	}
}
