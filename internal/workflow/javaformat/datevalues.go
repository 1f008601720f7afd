package javaformat

import "time"

// dateValues are the fields that were read, with the order in which they were:
// where fields contradict each other, the last one counts.
type dateValues struct {
	values [numParts]int
	order  [numParts]int // 0: not set
	count  int
}

// part is a field of a date, whatever letter it is written with.
type part int

const (
	partEra part = iota
	partYear
	partWeekYear
	partMonth
	partWeek
	partWeekOfMonth
	partDayOfYear
	partDay
	partNthWeekday
	partWeekday
	partPeriod
	partHour // of the day
	partHalfHour
	partMinute
	partSecond
	partMillisecond
	partZone
	numParts
)

func partOf(letter byte) part {
	switch letter {
	case 'G':
		return partEra
	case 'y':
		return partYear
	case 'Y':
		return partWeekYear
	case 'M', 'L':
		return partMonth
	case 'w':
		return partWeek
	case 'W':
		return partWeekOfMonth
	case 'D':
		return partDayOfYear
	case 'd':
		return partDay
	case 'F':
		return partNthWeekday
	case 'E', 'u':
		return partWeekday
	case 'a':
		return partPeriod
	case 'H', 'k':
		return partHour
	case 'K', 'h':
		return partHalfHour
	case 'm':
		return partMinute
	case 's':
		return partSecond
	}
	return partMillisecond
}

func (v *dateValues) set(letter byte, n int) { v.put(partOf(letter), n) }

func (v *dateValues) setZone(seconds int) { v.put(partZone, seconds) }

func (v *dateValues) put(p part, n int) {
	v.count++
	v.values[p], v.order[p] = n, v.count
}

func (v *dateValues) get(p part, missing int) int {
	if v.order[p] == 0 {
		return missing
	}
	return v.values[p]
}

// both is the order of two fields that mean something together only.
func (v *dateValues) both(a, b part) int {
	if v.order[a] == 0 || v.order[b] == 0 {
		return 0
	}
	return max(v.order[a], v.order[b])
}

// time makes a time of the fields.
func (v *dateValues) time(w week, zone *time.Location) time.Time {
	year, month, day := v.date(w)
	t := time.Date(year, month, day, v.hour(), v.get(partMinute, 0), v.get(partSecond, 0), 0, time.UTC).
		Add(time.Duration(v.get(partMillisecond, 0)) * time.Millisecond)
	if v.order[partZone] != 0 {
		return t.Add(-time.Duration(v.values[partZone]) * time.Second).In(zone)
	}
	return inZone(t, zone)
}

func (v *dateValues) hour() int {
	if half := v.both(partHalfHour, partPeriod); v.order[partHour] >= half && v.order[partHour] > 0 {
		return v.values[partHour]
	}
	return v.get(partHalfHour, 0) + 12*v.get(partPeriod, 0)
}

// inZone returns the time that a clock in the zone shows as t. What the clock
// shows twice is the later one, what it skips is moved behind the gap, as Java
// does it.
func inZone(t time.Time, zone *time.Location) time.Time {
	_, before := t.Add(-24 * time.Hour).In(zone).Zone()
	_, after := t.Add(24 * time.Hour).In(zone).Zone()
	late := t.Add(-time.Duration(min(before, after)) * time.Second).In(zone)
	early := t.Add(-time.Duration(max(before, after)) * time.Second).In(zone)
	if _, offset := late.Zone(); offset != min(before, after) {
		if _, offset := early.Zone(); offset == max(before, after) {
			return early
		}
		return t.Add(-time.Duration(before) * time.Second).In(zone)
	}
	return late
}
