package bpmn

import (
	"errors"
	"time"
)

var errDate = errors.New("is no date-time such as 2026-01-31T09:00:00Z or 2026-01-31T09:00, and no date such as 2026-01-31")

// moment is a point in time, or a local time that is one in a time zone.
type moment struct {
	// wall is what a clock on the wall shows, as if it hung in UTC; of a moment
	// with an offset it is the point in time.
	wall  time.Time
	fixed bool
}

// in returns the point in time that the moment is in a time zone.
func (m moment) in(zone *time.Location) time.Time {
	if m.fixed {
		return m.wall.In(zone)
	}
	return localTime(m.wall, zone)
}

// localTime returns the time at which the clocks of a zone show what wall shows
// in UTC. One that they skip is later by what they skip; of one that they show
// twice it is the first. In either case the offset is the one before the clocks
// are moved.
func localTime(wall time.Time, zone *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	// Of a skipped or doubled time, Date says that it may choose either offset.
	shown := wallOf(t)
	if shown.Before(wall) {
		return withOffsetOf(wall, t)
	}
	if moved, _ := t.ZoneBounds(); shown.Equal(wall) && !moved.IsZero() {
		if first := withOffsetOf(wall, moved.Add(-1)); first.Before(moved) {
			return first
		}
	}
	return t
}

// withOffsetOf returns the time at which the clocks show wall if they have the
// offset that they have at another time.
func withOffsetOf(wall, other time.Time) time.Time {
	_, offset := other.Zone()
	return wall.Add(-time.Duration(offset) * time.Second).In(other.Location())
}

// wallOf returns what the clocks of t's location show, as if in UTC.
func wallOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// readMoment reads a timeDate: a date-time with or without an offset, or a date
// alone, which is the start of that day.
func readMoment(text string) (moment, error) {
	s := scanner{rest: text}
	year, month, day, ok := s.date()
	if ok && s.rest == "" {
		return moment{}.on(year, month, day, clock{})
	}
	c, isClock := s.clock()
	offset, fixed, isOffset := s.offset()
	switch {
	case !ok || !isClock || !isOffset || s.rest != "":
		return moment{}, errDate
	case c.hour > 23 || c.minute > 59 || c.second > 59:
		return moment{}, errNoDay
	}
	c.second -= offset
	return moment{fixed: fixed}.on(year, month, day, c)
}

// clock is a time of day.
type clock struct {
	hour, minute, second int
	millis               int64
}

func (m moment) on(year, month, day int, c clock) (moment, error) {
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if date.Day() != day || date.Month() != time.Month(month) {
		return moment{}, errNoDay
	}
	m.wall = addMillis(date, int64(c.hour)*hourMillis+int64(c.minute)*minuteMillis+int64(c.second)*secondMillis+c.millis)
	if !inYears(m.wall) {
		return moment{}, errYear
	}
	return m, nil
}

func (s *scanner) date() (year, month, day int, ok bool) {
	year, isYear := s.digits(4)
	isYear = s.take('-') && isYear
	month, isMonth := s.digits(2)
	isMonth = s.take('-') && isMonth
	day, isDay := s.digits(2)
	return year, month, day, isYear && isMonth && isDay
}

// clock reads T, hours and minutes; seconds and their fraction may be missing.
func (s *scanner) clock() (c clock, ok bool) {
	isTime := s.take('T')
	hour, isHour := s.digits(2)
	isHour = s.take(':') && isHour
	minute, isMinute := s.digits(2)
	c = clock{hour: hour, minute: minute}
	ok = isTime && isHour && isMinute
	if ok && s.take(':') {
		var isSecond, isFraction bool
		c.second, isSecond = s.digits(2)
		c.millis, isFraction = s.fraction()
		ok = isSecond && isFraction
	}
	return c, ok
}

// offset reads Z, or a sign, hours and perhaps minutes, in seconds. A text that
// ends has none.
func (s *scanner) offset() (seconds int, fixed, ok bool) {
	fixed = s.rest != ""
	if s.rest == "" || s.take('Z') {
		return 0, fixed, true
	}
	sign := 1
	if !s.take('+') {
		if !s.take('-') {
			return 0, fixed, false
		}
		sign = -1
	}
	hours, ok := s.digits(2)
	minutes := 0
	if ok && s.rest != "" {
		s.take(':')
		minutes, ok = s.digits(2)
	}
	return sign * (hours*60 + minutes) * 60, fixed, ok && hours <= 18 && minutes <= 59
}
