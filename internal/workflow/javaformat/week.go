package javaformat

import "time"

// number returns the week in a month or year of a day, of which the first is
// 1. It is 0 for days before the first week.
func (w week) number(day int, weekday time.Weekday) int {
	start := mod7(int(weekday) - int(w.first) - (day - 1)) // where in its week day 1 is
	n := (day - 1 + start) / 7
	if 7-start >= w.days {
		n++
	}
	return n
}

// ofYear returns the week of a date and the year that the week belongs to.
func (w week) ofYear(t time.Time) (year, number int) {
	year = t.Year()
	n := w.number(t.YearDay(), t.Weekday())
	if n == 0 {
		return year - 1, w.number(t.YearDay()+daysIn(year-1), t.Weekday())
	}
	// The last days may be in the first week of the next year.
	if next := t.AddDate(0, 0, 7-mod7(int(t.Weekday())-int(w.first))-1); next.Year() > year && next.Day() >= w.days {
		return year + 1, 1
	}
	return year, n
}

func mod7(n int) int { return ((n % 7) + 7) % 7 }

func daysIn(year int) int {
	return time.Date(year, time.December, 31, 0, 0, 0, 0, time.UTC).YearDay()
}
