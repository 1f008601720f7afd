package bpmn

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

var (
	errCycle         = errors.New("is no ISO 8601 cycle such as R3/PT10M, R/P1D or R/2026-01-31T09:00:00Z/P1D; cron expressions are not read")
	errCycleNever    = errors.New("is a cycle that never fires")
	errCycleCount    = errors.New("is a cycle with a count beyond 1000000000")
	errCycleEnd      = errors.New("is a cycle with an end date, which is not supported: give the number of repetitions")
	errCycleInterval = errors.New("is a cycle whose interval is no ISO 8601 duration such as PT10M")
	errCycleShort    = errors.New("is a cycle with an interval shorter than one second")
	errOccurrence    = errors.New("is a cycle of which this is no occurrence")
)

const maxCount = 1_000_000_000

// cycle is a timer that is due again and again, see [grid].
type cycle struct {
	// count is how often it is due, 0 for without end.
	count int64
	// start is the first due time, and where the grid starts. Without one the grid
	// starts when the timer does, and the first due time is an interval later.
	start    moment
	hasStart bool
	interval span
}

// readCycle reads a timeCycle: R or Rn, perhaps a start, and an interval.
func readCycle(text string) (c cycle, err error) {
	repeat, rest, _ := strings.Cut(text, "/")
	s := scanner{rest: repeat}
	isCycle := s.take('R')
	count, counted := s.number()
	if !isCycle || s.rest != "" || rest == "" {
		return c, errCycle
	}
	if counted && count == 0 {
		return c, errCycleNever
	}
	if count > maxCount {
		return c, errCycleCount
	}
	c.count = count
	interval := rest
	if first, second, ok := strings.Cut(rest, "/"); ok {
		if c.start, err = readMoment(first); err != nil {
			return c, cycleStartError(first, err)
		}
		c.hasStart, interval = true, second
	}
	c.interval, err = readInterval(interval)
	return c, err
}

func cycleStartError(start string, err error) error {
	if strings.HasPrefix(start, "P") {
		return errCycleEnd
	}
	if errors.Is(err, errDate) {
		return errCycle
	}
	return fmt.Errorf("is a cycle whose start %w", err)
}

func readInterval(text string) (span, error) {
	interval, err := readISO(text)
	switch {
	case err == nil && interval.months == 0 && interval.days == 0 && interval.millis < secondMillis:
		return span{}, errCycleShort
	case errors.Is(err, errDuration):
		if _, notDate := readMoment(text); !errors.Is(notDate, errDate) {
			return span{}, errCycleEnd
		}
		return span{}, errCycleInterval
	case err != nil:
		return span{}, fmt.Errorf("is a cycle whose interval %w", err)
	}
	return interval, nil
}

// first returns the first occurrence of a cycle that begins to run at from. With
// a start in the past it is the next one on the grid; those before are used up.
// If that are all of them, it is due at once, as a date in the past is.
func (c cycle) first(from time.Time) Occurrence {
	if !c.hasStart {
		g := gridAt(ceilMillis(from), c.interval)
		return Occurrence{Due: g.at(1), Fixed: true, Start: g.start, Number: 1}
	}
	g := gridFrom(c.start, from.Location(), c.interval)
	missed := g.passed(from.Add(-1))
	if c.count > 0 && missed >= c.count {
		return Occurrence{Due: from, Fixed: true, Start: g.start, Number: c.count}
	}
	return Occurrence{Due: g.at(missed), Fixed: true, Start: g.start, Number: missed + 1}
}

// Next returns the occurrence of a cycle that follows o, which has fired at now;
// false if there is none. It is after now: those that were missed are skipped,
// and used up if they are counted. Local times are those of now's location.
//
// The cycle goes on as the timer says, whatever timer o is of. If the timer has an
// Item, it says what the item held when o's cycle began; it says nothing, and the
// cycle ends, if that did not begin with an item.
//
// The error is a [*TimerError].
func (t Timer) Next(o Occurrence, now time.Time) (Occurrence, bool, error) {
	if t.Err != nil {
		return Occurrence{}, false, t.Err
	}
	if t.Kind != TimeCycle || t.value == nil {
		return Occurrence{}, false, nil
	}
	c, text, err := t.value.cycle, t.Text, error(nil)
	if t.value.item == "" {
		o.Spec = ""
	} else {
		if text = o.Spec; text == "" {
			return Occurrence{}, false, nil
		}
		c, err = readCycle(o.Spec)
	}
	var next Occurrence
	if err == nil {
		next, err = c.next(o, now)
	}
	if err != nil {
		return Occurrence{}, false, &TimerError{Item: t.value.item, Text: text, Err: err}
	}
	return next, c.count == 0 || next.Number <= c.count, nil
}

// next returns the occurrence after o. A start of the cycle's own counts, not o's:
// the model may have been changed, and a local start that the clocks skip cannot
// be told from its point in time. With another start, other times are used up.
func (c cycle) next(o Occurrence, now time.Time) (Occurrence, error) {
	if !inYears(o.Start) || !inYears(o.Due) || o.Number < 1 || o.Number > hugeNumber {
		return Occurrence{}, errOccurrence
	}
	g := gridAt(o.Start.In(now.Location()), c.interval)
	if c.hasStart {
		g = gridFrom(c.start, now.Location(), c.interval)
	}
	last := later(now, o.Due)
	passed := g.passed(last)
	used := passed
	if g.start.Equal(o.Start) {
		used += o.Number - g.passed(o.Due)
	}
	next := Occurrence{Due: g.at(passed), Fixed: true, Start: g.start, Number: used + 1, Spec: o.Spec}
	return next, inRange(last, next.Due)
}
