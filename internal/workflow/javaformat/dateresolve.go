package javaformat

import "time"

// date decides which fields make the date: the latest of the complete ones.
func (v *dateValues) date(w week) (year int, month time.Month, day int) {
	year = v.get(partYear, 1970)
	if v.get(partEra, 1) == 0 {
		year = 1 - year
	}
	if v.order[partWeekYear] > v.order[partYear] {
		return v.weekDate(w, v.values[partWeekYear], v.get(partWeek, 1))
	}
	switch v.kind() { //nolint:exhaustive // all others leave it to the day of the month
	case partDayOfYear:
		return year, time.January, v.values[partDayOfYear]
	case partWeek:
		return v.weekDate(w, year, v.values[partWeek])
	case partWeekOfMonth:
		month = v.month()
		return year, month, w.day(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC), v.values[partWeekOfMonth], v.weekday(w))
	case partNthWeekday:
		month = v.month()
		return year, month, nth(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC), v.get(partNthWeekday, 1), v.weekday(w))
	}
	return year, v.month(), v.get(partDay, 1)
}

// kind returns the field that decides about the day.
func (v *dateValues) kind() part {
	complete := []struct {
		part  part
		order int
	}{
		{partDay, v.order[partDay]},
		{partWeekOfMonth, v.both(partWeekOfMonth, partWeekday)},
		{partNthWeekday, v.both(partNthWeekday, partWeekday)},
		{partDayOfYear, v.order[partDayOfYear]},
		{partWeek, v.both(partWeek, partWeekday)},
	}
	best := partDay
	last := 0
	for _, c := range complete {
		if c.order > last {
			best, last = c.part, c.order
		}
	}
	if last > 0 {
		return best
	}
	// None is complete. A weekday alone is the first one of the month.
	best, last = partDay, 0
	for _, p := range []part{partWeekOfMonth, partNthWeekday, partWeek} {
		order := v.order[p]
		if p == partNthWeekday {
			order = max(order, v.order[partWeekday])
		}
		if order > last {
			best, last = p, order
		}
	}
	return best
}

func (v *dateValues) month() time.Month { return time.Month(v.get(partMonth, 1)) }

func (v *dateValues) weekday(w week) time.Weekday {
	return time.Weekday(v.get(partWeekday, int(w.first)))
}

func (v *dateValues) weekDate(w week, year, number int) (int, time.Month, int) {
	return year, time.January, w.day(time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC), number, v.weekday(w))
}

// day returns the day, counted from the first of a month or year, that a
// weekday has in a week.
func (w week) day(first time.Time, number int, weekday time.Weekday) int {
	start := mod7(int(first.Weekday()) - int(w.first)) // where in its week the first is
	day := 1 - start + mod7(int(weekday)-int(w.first)) + 7*(number-1)
	if 7-start < w.days {
		day += 7
	}
	return day
}

// nth returns the day of the nth such weekday of a month, from its end if n is
// negative.
func nth(first time.Time, n int, weekday time.Weekday) int {
	if n >= 0 {
		return 1 + mod7(int(weekday)-int(first.Weekday())) + 7*(n-1)
	}
	last := first.AddDate(0, 1, -1)
	return last.Day() - mod7(int(last.Weekday())-int(weekday)) + 7*(n+1)
}
