package javaformat

import (
	"fmt"
	"strconv"
	"time"
)

// FormatDate shows a time, in its own zone. The error is an [*Error].
func (l *Locale) FormatDate(pattern string, t time.Time) (string, error) {
	fields, err := parseDate(pattern)
	if err != nil {
		return "", err
	}
	lone := onlyMonth(fields)
	b := make([]byte, 0, 64)
	for _, f := range fields {
		switch {
		case f.letter == 0:
			b = append(b, f.text...)
		case f.letter == 'M' && lone:
			b = l.appendDateField(b, field{letter: 'L', count: f.count}, t)
		default:
			b = l.appendDateField(b, f, t)
		}
	}
	return string(b), nil
}

func (l *Locale) appendDateField(b []byte, f field, t time.Time) []byte {
	switch f.letter {
	case 'G':
		return append(b, l.names.eras[era(t)]...)
	case 'y', 'Y':
		year := yearOfEra(t)
		if f.letter == 'Y' {
			year, _ = l.week.ofYear(t)
		}
		if f.count == 2 {
			return pad(b, year%100, 2)
		}
		return pad(b, year, f.count)
	case 'M', 'L':
		return l.appendMonth(b, f, int(t.Month()))
	case 'E':
		if f.count >= 4 {
			return append(b, l.names.days[t.Weekday()]...)
		}
		return append(b, l.names.shortDays[t.Weekday()]...)
	case 'a':
		return append(b, l.names.periods[t.Hour()/12]...)
	case 'z':
		return append(b, l.zoneName(t, f.count >= 4)...)
	case 'Z':
		return appendOffset(b, t, 2)
	case 'X':
		if _, seconds := t.Zone(); seconds == 0 {
			return append(b, 'Z')
		}
		return appendOffset(b, t, f.count)
	}
	return pad(b, l.dateNumber(f.letter, t), f.count)
}

// dateNumber returns the value of a letter that is always a number.
func (l *Locale) dateNumber(letter byte, t time.Time) int {
	switch letter {
	case 'd':
		return t.Day()
	case 'D':
		return t.YearDay()
	case 'F':
		return (t.Day()-1)/7 + 1
	case 'u':
		return (int(t.Weekday())+6)%7 + 1
	case 'w':
		_, w := l.week.ofYear(t)
		return w
	case 'W':
		return l.week.number(t.Day(), t.Weekday())
	case 'H':
		return t.Hour()
	case 'k':
		return (t.Hour()+23)%24 + 1
	case 'K':
		return t.Hour() % 12
	case 'h':
		return (t.Hour()+11)%12 + 1
	case 'm':
		return t.Minute()
	case 's':
		return t.Second()
	}
	return t.Nanosecond() / int(time.Millisecond) // S
}

func (l *Locale) appendMonth(b []byte, f field, month int) []byte {
	long, short := l.names.months, l.names.shortMonths
	if f.letter == 'L' {
		long, short = l.names.loneMonths, l.names.loneShortMonths
	}
	switch {
	case f.count >= 4:
		return append(b, long[month-1]...)
	case f.count == 3:
		return append(b, short[month-1]...)
	}
	return pad(b, month, f.count)
}

// pad appends a number with zeros before it, up to a width.
func pad(b []byte, n, width int) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	text := strconv.Itoa(n)
	for range width - len(text) {
		b = append(b, '0')
	}
	return append(b, text...)
}

func era(t time.Time) int {
	if t.Year() > 0 {
		return 1
	}
	return 0
}

func yearOfEra(t time.Time) int {
	if y := t.Year(); y > 0 {
		return y
	}
	return 1 - t.Year()
}

// appendOffset appends +hh, +hhmm or +hh:mm.
func appendOffset(b []byte, t time.Time, form int) []byte {
	_, seconds := t.Zone()
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	b = pad(append(b, sign), seconds/3600, 2)
	if form == 1 {
		return b
	}
	if form == 3 {
		b = append(b, ':')
	}
	return pad(b, seconds/60%60, 2)
}

// zoneName returns the name of the zone. Long names are known for UTC only; a
// zone without a name is GMT+hh:mm.
func (l *Locale) zoneName(t time.Time, long bool) string {
	name, seconds := t.Zone()
	switch {
	case name == "UTC" && long:
		return l.names.utc
	case name != "" && name[0] != '+' && name[0] != '-':
		return l.localZone(name)
	case seconds < 0:
		return fmt.Sprintf("GMT-%02d:%02d", -seconds/3600, -seconds/60%60)
	}
	return fmt.Sprintf("GMT+%02d:%02d", seconds/3600, seconds/60%60)
}

func (l *Locale) localZone(name string) string {
	for i := 0; i < len(l.names.zones); i += 2 {
		if l.names.zones[i] == name {
			return l.names.zones[i+1]
		}
	}
	return name
}
