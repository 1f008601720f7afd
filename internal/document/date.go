package document

import (
	"strconv"
	"time"
)

// appendDate appends a date-time in UTC, with milliseconds only if it has some,
// as Java's binding to XML does.
func appendDate(dst []byte, t time.Time, zone string) []byte {
	t = t.UTC()
	if t.Nanosecond() < int(time.Millisecond) {
		dst = t.AppendFormat(dst, "2006-01-02T15:04:05")
	} else {
		dst = t.AppendFormat(dst, "2006-01-02T15:04:05.000")
	}
	return append(dst, zone...)
}

// dateReader takes an ISO 8601 text apart, from left to right. The first part
// that is not as it has to be ends it.
type dateReader struct {
	rest string
	bad  bool
}

// digits reads a number of so many digits.
func (r *dateReader) digits(n int) int {
	if len(r.rest) < n {
		r.bad = true
		return 0
	}
	number, err := strconv.ParseUint(r.rest[:n], 10, 32)
	if err != nil {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return int(number)
}

func (r *dateReader) has(c byte) bool {
	if r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *dateReader) expect(c byte) {
	if !r.has(c) {
		r.bad = true
	}
}

func (r *dateReader) date() (year, month, day int) {
	year = r.digits(4)
	r.expect('-')
	month = r.digits(2)
	r.expect('-')
	day = r.digits(2)
	return year, month, day
}

// clock returns the time since midnight, cut to milliseconds.
func (r *dateReader) clock() time.Duration {
	hour := r.digits(2)
	r.expect(':')
	minute := r.digits(2)
	r.expect(':')
	second := r.digits(2)
	d := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
	fraction, zero := time.Duration(0), true
	if r.has('.') {
		fraction, zero = r.fraction()
	}
	if minute > 59 || second > 59 || d > 24*time.Hour || (d == 24*time.Hour && !zero) {
		r.bad = true
	}
	return d + fraction
}

// fraction returns that of a second, and whether all of its digits are zero.
func (r *dateReader) fraction() (d time.Duration, zero bool) {
	zero = true
	digits := 0
	for unit := 100 * time.Millisecond; r.rest != "" && r.rest[0] >= '0' && r.rest[0] <= '9'; unit /= 10 {
		if unit >= time.Millisecond {
			d += time.Duration(r.rest[0]-'0') * unit
		}
		zero = zero && r.rest[0] == '0'
		r.rest = r.rest[1:]
		digits++
	}
	if digits == 0 {
		r.bad = true
	}
	return d, zero
}

// zone returns the offset to UTC, 14 hours at most. No zone is UTC; "+0200" is as
// good as "+02:00".
func (r *dateReader) zone() time.Duration {
	sign := 1
	switch {
	case r.rest == "", r.has('Z'):
		return 0
	case r.has('-'):
		sign = -1
	case !r.has('+'):
		r.bad = true
		return 0
	}
	hours := r.digits(2)
	r.has(':')
	minutes := r.digits(2)
	offset := 60*hours + minutes
	if minutes > 59 || offset > 14*60 {
		r.bad = true
	}
	return time.Duration(sign*offset) * time.Minute
}

// parseDateTime reads a date-time, or a date as its midnight, as a time in UTC
// cut to milliseconds. The year must have four digits, since a later or earlier
// one could not be stored.
func parseDateTime(text string) (time.Time, bool) {
	r := dateReader{rest: text}
	year, month, day := r.date()
	var clock time.Duration
	if r.has('T') {
		clock = r.clock()
	}
	offset := r.zone()
	midnight := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if r.bad || r.rest != "" || midnight.Month() != time.Month(month) || midnight.Day() != day {
		return time.Time{}, false
	}
	t := midnight.Add(clock - offset)
	return t, t.Year() >= 0 && t.Year() <= 9999
}

// parseTime reads a time of day: on the first of January 1970, as Java does.
func parseTime(text string) (time.Time, bool) {
	r := dateReader{rest: text}
	clock := r.clock()
	offset := r.zone()
	if r.bad || r.rest != "" {
		return time.Time{}, false
	}
	return time.Unix(0, 0).UTC().Add(clock - offset), true
}

// plainDateLayout is the form of dates in plain JSON.
const plainDateLayout = "2006-01-02T15:04:05.000Z"

// parsePlainDate reports whether a text is a date as plain JSON has it, to the
// byte: what it reads it would write.
func parsePlainDate(text string) (time.Time, bool) {
	if len(text) != len(plainDateLayout) || text[10] != 'T' || text[19] != '.' || text[23] != 'Z' {
		return time.Time{}, false
	}
	t, ok := parseDateTime(text)
	return t, ok && t.Format(plainDateLayout) == text
}
