package bpmn

import "time"

// grid is the times of a cycle: the start, and every so many intervals after it.
// Each is computed from the start, so that a short month or a night of moved
// clocks does not shift those behind it.
type grid struct {
	start time.Time
	// wall is the local time of the start, as if in UTC. It is not what the clocks
	// show at the start if it is one that they skip.
	wall     time.Time
	interval span
}

// gridAt returns the grid that starts at a point in time.
func gridAt(start time.Time, interval span) grid {
	return grid{start: start, wall: wallOf(start), interval: interval}
}

// gridFrom returns the grid that starts at a moment in a time zone.
func gridFrom(start moment, zone *time.Location, interval span) grid {
	g := gridAt(start.in(zone), interval)
	if !start.fixed {
		g.wall = start.wall
	}
	return g
}

// at returns the time that is k intervals after the start.
func (g grid) at(k int64) time.Time { return g.interval.after(g.start, g.wall, k) }

// passed returns how many times of the grid are not after t. It does not walk
// through them: a cycle of seconds may have waited for years.
func (g grid) passed(t time.Time) int64 {
	if t.Before(g.start) {
		return 0
	}
	low, high := int64(0), g.beyond(t)
	for low+1 < high {
		if middle := low + (high-low)/2; g.at(middle).After(t) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// beyond returns a k whose time is after t, by the shortest that months can be,
// and days where a zone crosses the date line. A start that is skipped is later
// than its wall by as much.
func (g grid) beyond(t time.Time) int64 {
	const crossing = 2 * dayMillis
	shortest := g.interval.months*28*dayMillis + g.interval.days*dayMillis + g.interval.millis
	elapsed := (t.Unix()-g.start.Unix()+1)*secondMillis + crossing
	return elapsed/shortest + 1
}

// ceilMillis rounds up to milliseconds, as precise as items keep times.
func ceilMillis(t time.Time) time.Time {
	cut := t.Truncate(time.Millisecond)
	if cut.Before(t) {
		cut = cut.Add(time.Millisecond)
	}
	return cut
}
